//! `radiograph train`: trains heads on the stored features of a run, fold by fold.

use radiograph::{Trained, TrainingRecord, protocol::ProtocolRecord};

use radiograph_features::Part;
use radiograph_run::Share;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Train the heads of a run on its stored features
///
/// Trains the folds of the cross-validation, then the model that is tested. Writes RUN/MODEL with fold-1/, fold-2/, …,
/// model.safetensors, predictions.csv of the test images and training.json. The same command continues an interrupted
/// training, which then ends with the same files.
///
/// With --part, a process trains a share of the models, each with all its folds. Ensembles are made by the same command
/// without --part, once all shares are done. `plan` has the smaller pieces.
///
/// Exit code 1: images of the manifest have no stored features, and are left out.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph train runs/first")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// Share of the models that this process trains, such as 1/2; auto or auto/2 in a job array
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    part: Share,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let part = arguments.part.part_here()?;
    let mut pipeline = arguments.run.open_part(part, &mut watch)?;
    let trained = if part == Part::WHOLE { pipeline.train()? } else { pipeline.train_part(part)? };
    let exit = Exit::complete(trained.values().all(|model| model.without_features.is_empty()));
    if arguments.json {
        output::json(&trained)?;
        return Ok(exit);
    }
    for (model, Trained { record, without_features, .. }) in &trained {
        output::line(model)?;
        match record {
            TrainingRecord::Head(record) => folds(record)?,
            TrainingRecord::Probe(probe) => output::line(format!(
                "    linear probe: C = {} by cross-validation on {} folds",
                probe.c,
                probe.folds.len()
            ))?,
            TrainingRecord::Ensemble(ensemble) => {
                output::line(format!("    mean of {}", ensemble.members.join(", ")))?;
            }
            _ => {}
        }
        match record.convergence() {
            Some(end) if end.is_converged() => output::line("    converged")?,
            Some(end) => output::line(format!("    not converged: {end}"))?,
            None => output::line("    whether it converged was not recorded")?,
        }
        if !without_features.is_empty() {
            let images = without_features.len();
            output::line(format!("    {images} images have no features and are left out"))?;
        }
    }
    Ok(exit)
}

/// Writes the folds of a head and the model that is tested.
fn folds(record: &ProtocolRecord) -> Result<(), Failure> {
    for fold in &record.folds {
        output::line(format!(
            "    fold {}: best epoch {} of {}, validation loss {:.4}, accuracy {:.2}{}",
            fold.number,
            fold.best_epoch,
            fold.epochs,
            fold.best.loss,
            fold.best.accuracy,
            if fold.contaminated { "; contaminated: an earlier fold trained on these images" } else { "" },
        ))?;
    }
    let tested = match record.refit_epochs {
        Some(epochs) => format!("refit on all training images, {epochs} epochs"),
        None => "weighted mean of the folds".to_owned(),
    };
    output::line(format!("    tested: {tested}"))
}
