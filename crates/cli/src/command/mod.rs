//! The commands of the program, one per file: arguments, work and output.

mod assemble;
mod audit;
mod backbones;
mod check_table;
#[cfg(feature = "libtorch")]
mod collect;
mod completions;
mod config;
#[cfg(feature = "libtorch")]
mod devices;
mod evaluate;
#[cfg(feature = "libtorch")]
mod explain;
#[cfg(feature = "libtorch")]
mod external_test;
#[cfg(feature = "libtorch")]
mod extract;
mod metrics;
mod phantoms;
mod plan;
#[cfg(feature = "libtorch")]
mod predict;
mod preview;
#[cfg(feature = "libtorch")]
mod repeat;
mod report;
#[cfg(feature = "libtorch")]
mod run;
#[cfg(feature = "libtorch")]
mod run_task;
mod scan;
mod scores;
mod slurm;
#[cfg(feature = "libtorch")]
mod train;
mod verify;
mod weights;

use clap::Subcommand;

use crate::{exit::Exit, failure::Failure};

/// Commands that are missing from a build without libtorch.
pub(crate) const LIBTORCH: [&str; 10] = [
    "devices",
    "extract",
    "train",
    "external-test",
    "explain",
    "predict",
    "repeat",
    "run",
    "run-task",
    "collect",
];

#[derive(Subcommand)]
pub(crate) enum Command {
    Scan(scan::Arguments),
    Preview(preview::Arguments),
    Phantoms(phantoms::Arguments),
    #[cfg(feature = "libtorch")]
    Run(run::Arguments),
    Assemble(assemble::Arguments),
    Verify(verify::Arguments),
    #[cfg(feature = "libtorch")]
    Extract(extract::Arguments),
    #[cfg(feature = "libtorch")]
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    #[cfg(feature = "libtorch")]
    Explain(explain::Arguments),
    Audit(audit::Arguments),
    #[cfg(feature = "libtorch")]
    Repeat(repeat::Arguments),
    Report(report::Arguments),
    Plan(plan::Arguments),
    #[cfg(feature = "libtorch")]
    RunTask(run_task::Arguments),
    #[cfg(feature = "libtorch")]
    Collect(collect::Arguments),
    Slurm(slurm::Arguments),
    #[cfg(feature = "libtorch")]
    ExternalTest(external_test::Arguments),
    #[cfg(feature = "libtorch")]
    Predict(predict::Arguments),
    Weights(weights::Arguments),
    Backbones(backbones::Arguments),
    #[cfg(feature = "libtorch")]
    Devices(devices::Arguments),
    Metrics(metrics::Arguments),
    CheckTable(check_table::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        match self {
            Self::Scan(arguments) => scan::run(arguments),
            Self::Preview(arguments) => preview::run(arguments),
            Self::Phantoms(arguments) => phantoms::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Run(arguments) => run::run(arguments),
            Self::Assemble(arguments) => assemble::run(arguments),
            Self::Verify(arguments) => verify::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Extract(arguments) => extract::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Train(arguments) => train::run(arguments),
            Self::Evaluate(arguments) => evaluate::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Explain(arguments) => explain::run(arguments),
            Self::Audit(arguments) => audit::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Repeat(arguments) => repeat::run(arguments),
            Self::Report(arguments) => report::run(arguments),
            Self::Plan(arguments) => plan::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::RunTask(arguments) => run_task::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Collect(arguments) => collect::run(arguments),
            Self::Slurm(arguments) => slurm::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::ExternalTest(arguments) => external_test::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Predict(arguments) => predict::run(arguments),
            Self::Weights(arguments) => weights::run(arguments),
            Self::Backbones(arguments) => backbones::run(arguments),
            #[cfg(feature = "libtorch")]
            Self::Devices(arguments) => devices::run(arguments),
            Self::Metrics(arguments) => metrics::run(arguments),
            Self::CheckTable(arguments) => check_table::run(arguments),
            Self::Config(arguments) => config::run(arguments),
            Self::Completions(arguments) => completions::run(arguments),
        }
    }
}
