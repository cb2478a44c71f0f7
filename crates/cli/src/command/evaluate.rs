//! `radiograph evaluate`: scores a run's models on its own test part.

use super::scores::Scores;
use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Score the models of a run on its test images, and compare them
///
/// Writes metrics.json beside each model, comparison.json and best.json. The test images come from the collections that
/// the models were trained on; `external-test` scores a model on images of another place.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph evaluate runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// JSON on standard output instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let evaluated = arguments.run.open(&mut watch)?.evaluate()?;
    let scores = Scores::of(&evaluated);
    if arguments.json {
        output::json(&scores)?;
    } else {
        scores.print()?;
    }
    Ok(Exit::Done)
}
