//! From predictions on the disk to scores, comparisons and a choice. Not where predictions come from.

mod best;
mod comparisons;
mod evaluation;

pub(crate) use best::choose;
pub use best::{Best, Candidate};
pub use comparisons::Comparisons;
pub(crate) use comparisons::compare_models;
pub(crate) use evaluation::evaluate_model;
pub use evaluation::{FoldValidation, ModelEvaluation};

use std::{fs::File, path::Path};

use radiograph_classes::Classes;
use radiograph_files::FileError;
use radiograph_metrics::{Bootstrap, Level, Predictions};

use crate::{Error, config::EvaluationSection};

/// Reads a table of predictions of these classes.
pub(crate) fn read_predictions(path: &Path, classes: &Classes) -> Result<Predictions, Error> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Predictions::read_csv(file, Some(classes)).map_err(|error| Error::damaged(path, error))
}

/// How intervals are made.
pub(crate) fn bootstrap(settings: &EvaluationSection, seed: u64) -> Result<Bootstrap, Error> {
    Ok(Bootstrap::new(settings.bootstrap_replicates, seed)?.with_level(Level::new(settings.level)?))
}
