//! From folders of chest X-rays to scores and explanations, in one command.
//!
//! ```console
//! $ cargo ex pipeline -- --config run.toml --out runs/first
//! assemble: 2319 images
//! …
//! inception_v3 is the only model
//! ```
//!
//! Killed or interrupted at any moment, the same command goes on where it was.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
#![allow(clippy::result_large_err, reason = "a run fails once; the error carries what is known")]

mod run_progress;

use std::{
    fs,
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use clap::Parser;
use radiograph::{Config, Cost, Error, Outcome, Pipeline, Progress};

use crate::run_progress::RunProgress;

/// Train and test classifiers of chest X-rays, and show what their scores are worth.
///
/// Assembles the collections below a folder, unites same pictures and patients into groups, splits, extracts features
/// with frozen networks, trains heads with cross-validation, tests once, compares, explains. Not a medical device.
///
/// Everything is written to the folder given with --out; settings are in its config.toml. A run that was interrupted goes on
/// with the same command.
///
/// Exit status: 0 if the run was finished, 1 if not, 2 if the command line is wrong, 130 if it was interrupted.
#[derive(Parser)]
struct Arguments {
    /// Settings in TOML; what it leaves out comes from the preset that it names [default: trustworthy]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Folder that holds the collections: the setting data.folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// paper, released-code or trustworthy: the setting preset
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// Change a setting, such as training.epochs=10; `false` switches an optional one off
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Exchange labels at random, for a run that must find nothing
    #[arg(long)]
    permute_labels: bool,

    /// Folder of the run; made if it is not there
    #[arg(long, value_name = "RUN")]
    out: PathBuf,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Without a handler Ctrl-C ends the program at once, which loses no more than the work since the last checkpoint.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\ninterrupted: stops as soon as nothing is lost by it (again: at once)");
    });
    match run(&arguments) {
        Ok(outcome) if arguments.json => match serde_json::to_string_pretty(&outcome.models) {
            Ok(text) => {
                println!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        Ok(outcome) => {
            print(&outcome, &arguments);
            ExitCode::SUCCESS
        }
        Err(error @ Error::Interrupted { .. }) => {
            eprintln!("{error}");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let file = match &arguments.config {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|error| Error::Config {
            key: "--config".to_owned(),
            reason: format!("{} cannot be read: {error}", path.display()),
        })?),
    };
    let mut overrides = Vec::new();
    overrides.extend(arguments.preset.as_ref().map(|name| format!("preset={name}")));
    overrides.extend(arguments.permute_labels.then(|| "permute_labels=true".to_owned()));
    overrides.extend(arguments.overrides.iter().cloned());
    let mut config = Config::resolve(file.as_deref(), &overrides)?;
    // Not as an override: a folder may be called 2024 or true.
    if let Some(folder) = &arguments.data {
        config.data.folder.clone_from(folder);
    }
    let mut lines = RunProgress::default();
    let mut watch = |progress: Progress<'_>| {
        lines.show(progress);
        if INTERRUPTED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    Pipeline::new(config, &arguments.out, &mut watch)?.run()
}

fn print(outcome: &Outcome, arguments: &Arguments) {
    for model in &outcome.models {
        println!(
            "\n{}: {} test images of {} patients or groups",
            model.model, model.test.samples, model.test.patients
        );
        println!("{}", model.test.overall_table().to_text());
        for warning in &model.warnings {
            println!("WARNING {warning}");
        }
    }
    for statement in &outcome.comparisons.statements {
        println!("{statement}");
    }
    println!("\nrecommended: {} ({})", outcome.best.model, outcome.best.statement);
    println!("\n{}", costs(&outcome.costs));
    println!("leakage certificate: {}", arguments.out.join("leakage.json").display());
}

fn costs(costs: &Cost) -> String {
    let mut text = format!("{:<34} {:>10} {:>12}\n", "stage", "seconds", "peak memory");
    for cost in &costs.stages {
        let peak =
            cost.peak_bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MB", bytes >> 20));
        text += &format!("{:<34} {:>10.1} {peak:>12}\n", format!("{} {}", cost.stage, cost.of), cost.seconds);
    }
    text
}
