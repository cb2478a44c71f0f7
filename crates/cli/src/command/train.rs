//! `radiograph train`: heads are trained on the stored features of a run, fold by fold.

use crate::{exit::Exit, failure::Failure, interrupt, progress::Progress, settings::Settings};

/// Train the heads of a run on its stored features
///
/// For each model: the folds of the cross-validation, then the model that is tested. Writes RUN/MODEL with fold-1/, fold-2/,
/// …, model.safetensors, predictions.csv of the test images and training.json. A training that was interrupted continues
/// with the same command, and ends with the same files.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph train runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    arguments.settings.open_pipeline(&mut watch)?.train()?;
    Ok(Exit::Done)
}
