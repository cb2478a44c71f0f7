//! Scores models, compares them and recommends one, from predictions on disk.

mod best;
mod comparisons;
mod evaluation;
#[cfg(test)]
mod pinned;
mod spread;

pub(crate) use best::ranked;
pub use best::{Best, Candidate};
pub use comparisons::Comparisons;
pub(crate) use comparisons::{Compared, compare_models};
pub use evaluation::{FoldValidation, ModelEvaluation};
pub(crate) use evaluation::{Known, evaluate_model};
pub(crate) use spread::spread;

use std::{fs::File, path::Path};

use radiograph_classes::Classes;
use radiograph_files::FileError;
use radiograph_metrics::{Bootstrap, Level, Predictions};

use crate::{Error, config::EvaluationSection};

/// Reads a table of a run's predictions for `classes`. Its clusters are the groups of the manifest; patients are in the
/// manifest alone.
///
/// # Errors
///
/// [`Error::File`] if it cannot be opened, [`Error::Damaged`] if it is not such a table.
pub fn read_predictions(path: &Path, classes: &Classes) -> Result<Predictions, Error> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let damaged = |error| Error::damaged(path, error);
    let predictions = Predictions::read_csv(file, Some(classes)).map_err(damaged)?;
    // Tables of older runs have the cluster in the column `patient`; nobody's patient is known from them.
    let clusters: Option<Vec<String>> =
        predictions.patients().and_then(|names| names.iter().cloned().collect());
    match clusters {
        Some(clusters) if predictions.cluster_names().is_none() => {
            let unknown = vec![None::<&str>; predictions.len()];
            let predictions = predictions.with_clusters(&clusters).map_err(damaged)?;
            predictions.with_patients_where_known(&unknown).map_err(damaged)
        }
        _ => Ok(predictions),
    }
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
