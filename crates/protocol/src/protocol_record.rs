//! The record of a finished protocol, `training.json`. It is written last, so its presence means that everything is
//! done.

use std::path::Path;

use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

use crate::{
    Cohort, Convergence, Difference, ModelRecord, Protocol, ProtocolError, Scores, read_record, write_record,
};

/// The record of a finished protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRecord {
    format: String,
    /// Protocol.
    pub protocol: Protocol,
    /// Origin of the features.
    pub key: ExtractionKey,
    /// Hash of the images, their uses and their labels.
    pub cohort: ContentHash,
    /// Whether labels were permuted, so that there is nothing to learn.
    pub permuted_labels: bool,
    /// Folds, in order.
    pub folds: Vec<FoldRecord>,
    /// Number of epochs of the model trained on all training images; `None` if the folds were tested.
    pub refit_epochs: Option<usize>,
    /// Hash of `predictions.csv` of the test images.
    pub predictions: ContentHash,
}

/// The record of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldRecord {
    /// Number of the fold, from 1.
    pub number: usize,
    /// Number of epochs that were run.
    pub epochs: usize,
    /// Epoch with the lowest validation loss.
    pub best_epoch: usize,
    /// Validation scores of the last epoch.
    pub last: Scores,
    /// Validation scores of the best epoch.
    pub best: Scores,
    /// How its training ended; `None` in older records.
    #[serde(default)]
    pub convergence: Option<Convergence>,
    /// Whether an earlier training used its validation images.
    pub contaminated: bool,
    /// Hash of `fold-k/predictions.csv` of its validation images.
    pub predictions: ContentHash,
}

impl ProtocolRecord {
    /// Name of the file in a training's folder.
    pub const FILE: &str = "training.json";
    const FORMAT: &str = "radiograph training 3";

    /// Creates the record of a protocol that has just begun, without folds and predictions.
    pub fn new(protocol: &Protocol, key: &ExtractionKey, cohort: &Cohort) -> Self {
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

    /// Reads the record in a folder; `None` if no protocol was finished there.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Damaged`], [`ProtocolError::Foreign`] or [`ProtocolError::File`] if the record cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, ProtocolError> {
        read_record(&folder.join(Self::FILE), Self::FORMAT)
    }

    /// Writes the record to a folder that exists.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::File`] if the system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), ProtocolError> {
        write_record(&folder.join(Self::FILE), self)
    }

    /// How the trainings ended: the first fold that has not converged speaks for all, since a refit has their number of
    /// epochs. `None` if nothing was validated or a record is older than this field.
    pub fn convergence(&self) -> Option<Convergence> {
        let ends = self.folds.iter().map(|fold| fold.convergence).collect::<Option<Vec<_>>>()?;
        let unconverged = ends.iter().find(|end| !end.is_converged());
        unconverged.or(ends.first()).copied()
    }

    /// Refuses the record in `folder` if its protocol, features or images differ from those of `asked`.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Foreign`] with the first difference.
    pub fn require_request_of(&self, asked: &Self, folder: &Path) -> Result<(), ProtocolError> {
        let differences = [
            ("protocol", Difference::between(&asked.protocol, &self.protocol)),
            ("features", Difference::between(&asked.key, &self.key)),
            ("images", Difference::between(&asked.cohort, &self.cohort)),
            ("permuted labels", Difference::between(&asked.permuted_labels, &self.permuted_labels)),
        ];
        for (name, difference) in differences {
            if let Some(Difference { field, expected, found }) = difference {
                return Err(ProtocolError::Foreign {
                    path: folder.join(Self::FILE),
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
    /// Creates the record of fold `number` from the record of its model in `folder`.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Damaged`] if the model was not validated.
    pub fn new(
        number: usize,
        record: &ModelRecord,
        folder: &Path,
        predictions: ContentHash,
    ) -> Result<Self, ProtocolError> {
        let epochs = record.history.epochs();
        // Epochs of a history are numbered from 1 without gaps.
        let scores = |epoch: usize| epochs.get(epoch.checked_sub(1)?)?.validation;
        let best = record.history.best_epoch();
        let known = best.and_then(|best| Some((best, scores(best)?, scores(epochs.len())?)));
        let (best_epoch, best, last) = known.ok_or_else(|| ProtocolError::Damaged {
            path: folder.join(ModelRecord::FILE),
            reason: "its history has no validation scores".to_owned(),
        })?;
        Ok(Self {
            number,
            epochs: epochs.len(),
            best_epoch,
            last,
            best,
            convergence: Some(Convergence::of(&record.history, &record.training)),
            contaminated: record.contaminated,
            predictions,
        })
    }
}
