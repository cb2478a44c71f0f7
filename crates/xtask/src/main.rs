//! The project's own commands: `cargo xtask setup`, `test`, `build`, `run`, `install`, `demo`, `results`, `bench`, `lint`,
//! `loop`, `lock`, `kernels`, `fuzz` and `ci`.
//!
//! They build, test and measure this checkout. The program for X-rays is `radiograph` (`crates/cli`).

#![allow(clippy::print_stderr, reason = "a program that talks to a person")]

mod advisories;
mod bench;
mod blocks;
mod cache;
mod checkout;
mod ci;
mod cycles;
mod demo;
#[cfg(test)]
mod documents;
mod edit_test;
mod error;
mod examples;
mod fetch;
mod fuzz;
mod gpu;
mod install;
mod kepler;
mod kernels;
mod lane;
mod libtorch;
mod lint;
mod machine;
mod onnx_runtime;
mod outside;
mod package;
#[cfg(test)]
mod platforms;
mod program;
mod results;
mod run;
mod setup;
mod skipped;
mod slurm;
mod test;
#[cfg(test)]
mod tests;
mod unpack;
mod wheel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{checkout::Checkout, error::Error, lane::Lane, test::Strictness};

/// Commands of the radiograph project
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// Lane (tch and libtorch) to build with [default: that of $LIBTORCH, else the one set up, else one that fits the GPUs]
    #[arg(long, global = true)]
    lane: Option<Lane>,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    Setup(setup::Arguments),
    /// Set up if needed, then run every test of the workspace (or what the arguments name)
    Test(test::Arguments),
    /// Set up if needed, then build the workspace (or what the arguments name)
    Build(test::Arguments),
    /// Set up if needed, then run the program `radiograph` with these arguments
    Run(program::Words),
    Install(program::Installation),
    Demo(demo::Arguments),
    Results(results::Arguments),
    Bench(bench::Arguments),
    /// Check formatting, spelling, dependencies, cycles, clippy and documentation
    Lint,
    Loop(edit_test::Arguments),
    Kernels(kernels::Arguments),
    Fuzz(fuzz::Arguments),
    /// Bring the other lock files (kepler lane, fuzz targets) up to date with Cargo.lock and the manifests
    Lock,
    Ci(ci::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match perform(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: &Arguments) -> Result<(), Error> {
    let checkout = Checkout::this();
    match &arguments.command {
        Task::Setup(setup) => setup::run(arguments.lane, setup, &checkout),
        Task::Test(words) => test::test(arguments.lane, words, Strictness::Told, &checkout),
        Task::Build(words) => test::build(arguments.lane, words, &checkout),
        Task::Run(words) => program::run(arguments.lane, words, &checkout),
        Task::Install(installation) => program::install(arguments.lane, installation, &checkout),
        Task::Demo(words) => demo::demo(arguments.lane, words, &checkout),
        Task::Results(words) => results::results(arguments.lane, words, &checkout),
        Task::Bench(words) => bench::bench(arguments.lane, words, &checkout),
        Task::Lint => lint::lint(&checkout).map(|_skipped| ()),
        Task::Loop(words) => edit_test::measure(words, &checkout),
        Task::Fuzz(words) => fuzz::run(words, &checkout),
        Task::Kernels(libraries) => kernels::run(libraries),
        Task::Lock => kepler::lock(&checkout).and_then(|()| fuzz::lock(&checkout)),
        Task::Ci(steps) => ci::ci(steps, &checkout),
    }
}

/// Prints a line for a person.
fn say(line: &str) {
    eprintln!("radiograph: {line}");
}
