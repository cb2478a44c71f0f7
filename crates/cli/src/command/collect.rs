//! `radiograph collect`: finishes a run whose tasks are all done.

use std::path::PathBuf;

use radiograph::Pipeline;
use radiograph_run::Plan;

use super::run::finished;
use crate::{exit::Exit, failure::Failure, interrupt, progress::Progress};

/// Finish a run whose tasks are all done: scores, comparisons, audit, report
///
/// Refuses an incomplete set of tasks and names what is missing; nothing is written then. The files are those of `run`, except
/// costs and times. With several splits (setting `repeats`), this process trains the further splits.
///
/// Exit code 1: as in `run`.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph collect runs/first")]
pub(crate) struct Arguments {
    /// Folder of a run with a plan
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// JSON on standard output instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let mut pipeline = Pipeline::begun(&arguments.run, &mut watch)?;
    let plan = Plan::read(pipeline.folder(), pipeline.config())?;
    let outcome = pipeline.collect(&plan)?;
    finished(&outcome, arguments.json)
}
