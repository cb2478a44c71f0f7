//! `radiograph repeat`: trains and tests the models of a run on further splits.

use super::scores::spread;
use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Train and test the models of a run on further splits of the same collections
///
/// The setting `repeats` names the number of splits. Each further split is a run of its own in RUN/repeats/split-2, …, which
/// shares the stored features. Writes RUN/repeats.json with the scores of every model over all splits.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph repeat runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let splits = arguments.run.open_pipeline(&mut watch)?.repeat()?;
    if arguments.json {
        output::json(&splits)?;
    } else if splits.is_empty() {
        output::line("the setting `repeats` asks for one split, which is the run's own")?;
    } else {
        spread(&splits)?;
    }
    Ok(Exit::Done)
}
