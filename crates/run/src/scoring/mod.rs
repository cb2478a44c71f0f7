//! Scores models, compares them and recommends one, from predictions on disk.

mod best;
mod comparisons;
mod evaluation;
#[cfg(test)]
mod pinned;

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

/// Reads a table of predictions for `classes`.
///
/// # Errors
///
/// [`Error::File`] if it cannot be opened, [`Error::Damaged`] if it is not such a table.
pub fn read_predictions(path: &Path, classes: &Classes) -> Result<Predictions, Error> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Predictions::read_csv(file, Some(classes)).map_err(|error| Error::damaged(path, error))
}

/// The bootstrap of these settings.
///
/// # Errors
///
/// [`Error::Metrics`] if a setting is out of its range.
pub fn bootstrap(settings: &EvaluationSection, seed: u64) -> Result<Bootstrap, Error> {
    Ok(Bootstrap::new(settings.bootstrap_replicates, seed)?
        .with_level(Level::new(settings.confidence_level)?))
}
