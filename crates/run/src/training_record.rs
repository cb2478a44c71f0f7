//! The record of a finished training, whatever kind of model was trained.

use std::path::Path;

use radiograph_files::ContentHash;
use radiograph_probe::{Candidate, Chosen};
use radiograph_protocol::{Convergence, ProtocolRecord, TestedModel, read_record, write_record};
use serde::{Deserialize, Serialize};

use crate::{EnsembleOver, Error};

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

/// The record of an ensemble: `ensemble.json` in its folder. It is written last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnsembleRecord {
    format: String,
    /// What it averages over.
    pub over: EnsembleOver,
    /// Names of the trained models whose probabilities, or those of whose folds, are averaged.
    pub members: Vec<String>,
    /// Names of the members that have not converged.
    pub unconverged: Vec<String>,
    /// How the members ended: the first that has not converged speaks for all. `None` if one was not judged.
    pub convergence: Option<Convergence>,
    /// Number of parameters of all members together.
    pub parameters: u64,
    /// Folds, in order. Their predictions are means over the members' predictions for the same validation images.
    pub folds: Vec<TrainedFold>,
    /// Hash of `predictions.csv` of the test images.
    pub predictions: ContentHash,
}

impl EnsembleRecord {
    /// Name of the file in an ensemble's folder.
    pub const FILE: &str = "ensemble.json";
    const FORMAT: &str = "radiograph ensemble 1";

    /// The record of an ensemble of these members, with their records, and the hashes of its own predictions.
    pub(crate) fn new(
        over: EnsembleOver,
        members: &[(String, TrainingRecord)],
        folds: Vec<TrainedFold>,
        predictions: ContentHash,
    ) -> Result<Self, Error> {
        let ends = members.iter().map(|(_, record)| record.convergence()).collect::<Option<Vec<_>>>();
        let worst =
            |ends: Vec<Convergence>| ends.iter().find(|end| !end.is_converged()).or(ends.first()).copied();
        let unconverged =
            |record: &TrainingRecord| record.convergence().is_some_and(|end| !end.is_converged());
        let named = members.iter().filter(|(_, record)| unconverged(record)).map(|(name, _)| name.clone());
        let parameters = members.iter().map(|(_, record)| record.parameters()).sum::<Result<u64, Error>>()?;
        Ok(Self {
            format: Self::FORMAT.to_owned(),
            over,
            members: members.iter().map(|(name, _)| name.clone()).collect(),
            unconverged: named.collect(),
            convergence: ends.and_then(worst),
            // A fold is a member of its own.
            parameters: if over == EnsembleOver::Folds {
                parameters * folds.len() as u64
            } else {
                parameters
            },
            folds,
            predictions,
        })
    }

    /// Reads the record in a folder; `None` if there is no ensemble.
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
    /// A mean of other models.
    Ensemble(EnsembleRecord),
}

/// One fold of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
            Self::Ensemble(record) => record.folds.clone(),
        }
    }

    /// Hash of `predictions.csv` of the test images.
    pub fn predictions(&self) -> ContentHash {
        match self {
            Self::Head(record) => record.predictions,
            Self::Probe(record) => record.predictions,
            Self::Ensemble(record) => record.predictions,
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
            Self::Ensemble(of) if of.over == EnsembleOver::Folds => "the mean of these models",
            Self::Ensemble(_) => "the mean of the tested models of its members",
        }
    }

    /// How the training ended; `None` if its record is older than this question.
    pub fn convergence(&self) -> Option<Convergence> {
        match self {
            Self::Head(record) => record.convergence(),
            Self::Probe(record) => Some(record.convergence),
            Self::Ensemble(record) => record.convergence,
        }
    }

    /// The number of trained parameters.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the record's head is impossible.
    pub fn parameters(&self) -> Result<u64, Error> {
        match self {
            Self::Head(record) => {
                Ok(u64::try_from(record.protocol.head.trained_parameters()?).unwrap_or_default())
            }
            Self::Probe(record) => Ok(record.parameters),
            Self::Ensemble(record) => Ok(record.parameters),
        }
    }
}
