//! `radiograph extract`: images pass through the frozen networks of a run, once, and the features are kept.

use radiograph_features::Part;

use crate::{exit::Exit, failure::Failure, interrupt, progress::Progress, settings::Settings};

/// Extract the features of a run's images with its frozen networks
///
/// May be interrupted at any moment; the same command continues. Features that are stored already are not made again.
/// Several processes share the work if each gets its part: --part 1/2 and --part 2/2.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph extract runs/first --part 1/2")]
pub(crate) struct Arguments {
    #[command(flatten)]
    settings: Settings,

    /// Share of the images that this process extracts, such as 1/2
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    part: Part,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    arguments.settings.open_pipeline(&mut watch)?.extract(arguments.part)?;
    Ok(Exit::Done)
}
