//! What is known of a finished protocol: `training.json`, which is written last.

use std::path::{Path, PathBuf};

use radiograph_features::ExtractionKey;
use radiograph_files::{ContentHash, write_bytes};
use serde::{Deserialize, Serialize};

use super::{Cohort, Protocol};
use crate::{
    Error, ModelRecord, Scores,
    kept::{difference, read_record},
};

/// What came of a protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRecord {
    format: String,
    /// What was asked for.
    pub protocol: Protocol,
    /// How the features were made.
    pub key: ExtractionKey,
    /// Which images were trained and tested on, and how they are labelled: a hash.
    pub cohort: ContentHash,
    /// Whether the labels were exchanged, so that nothing can be learned.
    pub permuted_labels: bool,
    /// The folds, in order.
    pub folds: Vec<FoldRecord>,
    /// The epochs of the model that was trained on all training images; `None` if the folds were tested.
    pub refit_epochs: Option<usize>,
    /// `predictions.csv` of the test images.
    pub predictions: ContentHash,
}

/// What came of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldRecord {
    /// From 1.
    pub number: usize,
    /// How many epochs were run.
    pub epochs: usize,
    /// The epoch with the least validation loss.
    pub best_epoch: usize,
    /// Validation scores of the last epoch.
    pub last: Scores,
    /// Validation scores of the best epoch.
    pub best: Scores,
    /// Whether its validation images had been trained on before.
    pub contaminated: bool,
    /// `fold-k/predictions.csv` of its validation images.
    pub predictions: ContentHash,
}

impl ProtocolRecord {
    const FORMAT: &str = "radiograph training 1";

    pub(super) fn new(protocol: &Protocol, key: &ExtractionKey, cohort: &Cohort) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            protocol: protocol.clone(),
            key: key.clone(),
            cohort: cohort.digest(),
            permuted_labels: cohort.is_permuted(),
            folds: Vec::new(),
            refit_epochs: None,
            predictions: ContentHash::of_bytes(b""),
        }
    }

    /// The record in a folder; `None` if nothing was finished there.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] or [`Error::File`] if there is one that cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        read_record(&path(folder))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = path(folder);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string() })?;
        Ok(write_bytes(&path, &text)?)
    }

    /// Refuses the result of another request.
    pub(super) fn require(&self, asked: &Self, folder: &Path) -> Result<(), Error> {
        let request = |record: &Self| {
            let Self { format, protocol, key, cohort, permuted_labels, .. } = record;
            serde_json::to_value((format, protocol, key, cohort, permuted_labels)).unwrap_or_default()
        };
        let names = ["format", "protocol", "features", "images", "permuted labels"];
        let (asked, found) = (request(asked), request(self));
        for (place, name) in names.into_iter().enumerate() {
            if let Some((field, expected, found)) = difference(&asked[place], &found[place]) {
                return Err(Error::Foreign {
                    path: path(folder),
                    field: format!("{name}{field}"),
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }
}

impl FoldRecord {
    /// # Errors
    ///
    /// [`Error::Damaged`] if the fold's model, whose record is at `path`, was not validated.
    pub(super) fn new(
        number: usize,
        record: &ModelRecord,
        path: &Path,
        predictions: ContentHash,
    ) -> Result<Self, Error> {
        let epochs = record.history.epochs();
        // Epochs of a history are numbered from 1 without gaps.
        let scores = |epoch: usize| epochs.get(epoch.checked_sub(1)?)?.validation;
        let best = record.history.best_epoch();
        let known = best.and_then(|best| Some((best, scores(best)?, scores(epochs.len())?)));
        let (best_epoch, best, last) = known.ok_or_else(|| Error::Damaged {
            path: path.to_owned(),
            reason: "its history says nothing of the validation of its fold".to_owned(),
        })?;
        Ok(Self {
            number,
            epochs: epochs.len(),
            best_epoch,
            last,
            best,
            contaminated: record.contaminated,
            predictions,
        })
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("training.json")
}
