//! `radiograph train`: trains heads on the stored features of a run, fold by fold.

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::Settings};

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

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let records = arguments.settings.open_pipeline(&mut watch)?.train()?;
    if arguments.json {
        output::json(&records)?;
        return Ok(Exit::Done);
    }
    for (model, record) in &records {
        output::line(model)?;
        for fold in &record.folds {
            output::line(format!(
                "    fold {}: best epoch {} of {}, validation loss {:.4}, accuracy {:.2}{}",
                fold.number,
                fold.best_epoch,
                fold.epochs,
                fold.best.loss,
                fold.best.accuracy,
                if fold.contaminated {
                    "; contaminated: an earlier fold trained on these images"
                } else {
                    ""
                },
            ))?;
        }
        let tested = match record.refit_epochs {
            Some(epochs) => format!("refit on all training images, {epochs} epochs"),
            None => "weighted mean of the folds".to_owned(),
        };
        output::line(format!("    tested: {tested}"))?;
    }
    Ok(Exit::Done)
}
