//! The record of a finished training, whatever kind of model was trained.

use std::path::Path;

use radiograph_files::ContentHash;
use radiograph_probe::{Candidate, Chosen};
use radiograph_protocol::{Convergence, ProtocolRecord, TestedModel, read_record, write_record};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The record of a linear probe: `probe.json` in the model's folder. It is written last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRecord {
    format: String,
    /// Inverse penalty that cross-validation chose, scikit-learn's `C`.
    pub c: f64,
    /// Number of coefficients and intercepts.
    pub parameters: u64,
    /// How the training ended, including those of the cross-validation.
    pub convergence: Convergence,
    /// All penalties that were tried, with the log loss of held-out images.
    pub candidates: Vec<Candidate>,
    /// Hash of `fold-k/predictions.csv` of each fold's validation images, from fold 1 on.
    pub folds: Vec<ContentHash>,
    /// Hash of `predictions.csv` of the test images.
    pub predictions: ContentHash,
    /// Hash of the model, `model.json`.
    pub model: ContentHash,
}

impl ProbeRecord {
    /// Name of the file in a model's folder.
    pub const FILE: &str = "probe.json";
    const FORMAT: &str = "radiograph probe 1";

    /// The record of a probe with the hashes of its files: predictions of the folds and of the test part, and the model.
    pub(crate) fn new(
        chosen: &Chosen,
        folds: Vec<ContentHash>,
        predictions: ContentHash,
        model: ContentHash,
    ) -> Self {
        let all = chosen.candidates.iter().flat_map(|candidate| &candidate.convergence);
        let unconverged = all.chain([chosen.probe.convergence()]).find(|end| !end.converged);
        Self {
            format: Self::FORMAT.to_owned(),
            c: chosen.probe.c(),
            parameters: (chosen.probe.coefficients().len() + chosen.probe.intercepts().len()) as u64,
            convergence: unconverged.map_or(Convergence::Converged, |end| Convergence::GradientLeft {
                gradient_norm: end.gradient_norm,
            }),
            candidates: chosen.candidates.clone(),
            folds,
            predictions,
            model,
        }
    }

    /// Reads the record in a folder; `None` if no probe was trained there.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        Ok(read_record(&folder.join(Self::FILE), Self::FORMAT)?)
    }

    /// Writes the record to a folder that exists.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the system refuses.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        Ok(write_record(&folder.join(Self::FILE), self)?)
    }
}

/// The record of a finished training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum TrainingRecord {
    /// A head, trained epoch by epoch.
    Head(Box<ProtocolRecord>),
    /// A linear probe, trained to its minimum.
    Probe(ProbeRecord),
}

/// One fold of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct TrainedFold {
    /// Number of the fold, from 1.
    pub number: usize,
    /// Whether an earlier training used its validation images.
    pub contaminated: bool,
    /// Hash of `fold-k/predictions.csv`.
    pub predictions: ContentHash,
}

impl TrainingRecord {
    /// The folds in order.
    pub fn folds(&self) -> Vec<TrainedFold> {
        match self {
            Self::Head(record) => record
                .folds
                .iter()
                .map(|fold| TrainedFold {
                    number: fold.number,
                    contaminated: fold.contaminated,
                    predictions: fold.predictions,
                })
                .collect(),
            Self::Probe(record) => (1..)
                .zip(&record.folds)
                .map(|(number, &predictions)| TrainedFold { number, contaminated: false, predictions })
                .collect(),
        }
    }

    /// Hash of `predictions.csv` of the test images.
    pub fn predictions(&self) -> ContentHash {
        match self {
            Self::Head(record) => record.predictions,
            Self::Probe(record) => record.predictions,
        }
    }

    /// The tested model in words, beside the models of the folds.
    pub(crate) fn tested(&self) -> &'static str {
        match self {
            Self::Head(record) => match record.protocol.tested {
                TestedModel::WeightedFolds(_) => "the weighted mean of these models",
                _ => "the same head trained on all training images",
            },
            Self::Probe(_) => "the same probe fitted on all training images",
        }
    }

    /// How the training ended; `None` if its record is older than this question.
    pub fn convergence(&self) -> Option<Convergence> {
        match self {
            Self::Head(record) => record.convergence(),
            Self::Probe(record) => Some(record.convergence),
        }
    }
}
