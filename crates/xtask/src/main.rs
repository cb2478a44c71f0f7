//! The project's own commands: `cargo xtask setup`, `test`, `build`, `run`, `demo`, `lint`, `weights`, `lock`,
//! `kernels`, `ci`.

#![allow(clippy::print_stderr, reason = "a program that talks to a person")]

mod cache;
mod checkout;
mod demo;
mod error;
mod fetch;
mod gpu;
mod install;
mod kepler;
mod kernels;
mod lane;
mod libtorch;
mod lint;
mod machine;
mod run;
mod setup;
mod test;
#[cfg(test)]
mod tests;
mod unpack;
mod weights;
mod wheel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{checkout::Checkout, error::Error, lane::Lane};

/// Commands of the radiograph project
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// Which libtorch to build with [default: your LIBTORCH, else what is set up, else what fits the GPUs found]
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
    /// Set up if needed, then run an example: its name, then `--` and its arguments
    Run(test::Arguments),
    Demo(demo::Arguments),
    /// Check formatting, spelling, dependencies, clippy and documentation
    Lint,
    Weights(weights::Arguments),
    Kernels(kernels::Arguments),
    /// Derive the kepler lane's lock file from Cargo.lock
    Lock,
    /// All that must pass: lint, every test, the libtorch packages' tests in the kepler lane
    Ci,
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
        Task::Test(words) => test::test(arguments.lane, words, &checkout),
        Task::Build(words) => test::build(arguments.lane, words, &checkout),
        Task::Run(words) => test::run(arguments.lane, words, &checkout),
        Task::Demo(words) => demo::demo(arguments.lane, words, &checkout),
        Task::Lint => lint::lint(&checkout),
        Task::Weights(weights) => weights::run(weights),
        Task::Kernels(libraries) => kernels::run(libraries),
        Task::Lock => kepler::lock(&checkout),
        Task::Ci => {
            lint::lint(&checkout)?;
            test::test(None, &test::Arguments::default(), &checkout)?;
            test::test_libtorch_packages(Lane::Kepler, &checkout)
        }
    }
}

/// A line for the person in front of it.
fn say(line: &str) {
    eprintln!("radiograph: {line}");
}
