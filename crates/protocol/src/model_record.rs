//! The record of a trained model, `model.json`: everything needed to use the weights beside it correctly.

use std::path::Path;

use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

use crate::{HeadConfig, History, ProtocolError, TrainingConfig, read_record, write_record};

/// The record of a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    format: String,
    /// Settings of the head, including the names of the classes.
    pub head: HeadConfig,
    /// Extraction key of the features that it was trained on and needs.
    pub key: ExtractionKey,
    /// Settings of its training.
    pub training: TrainingConfig,
    /// All epochs.
    pub history: History,
    /// Whether an earlier training used its validation samples. Its validation scores are then meaningless.
    pub contaminated: bool,
    /// Divisor of the logits; 1 unless one was fitted.
    pub temperature: f64,
    /// Hashes of the numbers and labels of the training samples and of the validation samples.
    pub samples: [Option<ContentHash>; 2],
    /// Hash of the feature maps with these numbers; `None` in older records.
    #[serde(default)]
    pub features: Option<ContentHash>,
    /// Hash of another model's weights, if its training began from them.
    #[serde(default)]
    pub began_from: Option<ContentHash>,
    /// Software and device that computed it.
    pub versions: Versions,
    /// SHA-256 of its `model.safetensors`.
    pub weights: ContentHash,
}

/// Software and device of a training. With others, the last bits of results may differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    radiograph: String,
    threads: i32,
    device: String,
}

impl Versions {
    /// This version of radiograph, with this number of threads, on a device of this name.
    pub fn new(threads: i32, device: impl Into<String>) -> Self {
        Self { radiograph: env!("CARGO_PKG_VERSION").to_owned(), threads, device: device.into() }
    }
}

impl ModelRecord {
    /// Name of the file in a model's folder.
    pub const FILE: &str = "model.json";
    const FORMAT: &str = "radiograph head 3";

    /// Creates the record of a model with temperature 1 whose training began from fresh weights. Samples, features and
    /// the hash of the weights must be set afterwards.
    pub fn new(
        head: HeadConfig,
        key: ExtractionKey,
        training: TrainingConfig,
        history: History,
        versions: Versions,
    ) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            head,
            key,
            training,
            history,
            contaminated: false,
            temperature: 1.0,
            samples: [None, None],
            features: None,
            began_from: None,
            versions,
            weights: ContentHash::of_bytes(b""),
        }
    }

    /// Reads the record of the model in a folder; `None` if there is no model.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Damaged`], [`ProtocolError::Foreign`], [`ProtocolError::Setting`] or [`ProtocolError::File`] if
    /// the record cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, ProtocolError> {
        let record: Option<Self> = read_record(&folder.join(Self::FILE), Self::FORMAT)?;
        if let Some(record) = &record {
            Self::check_temperature(record.temperature)?;
        }
        Ok(record)
    }

    /// Writes the record to a folder that exists.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::File`] if the system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), ProtocolError> {
        write_record(&folder.join(Self::FILE), self)
    }

    /// Refuses a temperature that is not a finite number above 0.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`].
    pub fn check_temperature(temperature: f64) -> Result<(), ProtocolError> {
        if temperature > 0.0 && temperature.is_finite() {
            return Ok(());
        }
        Err(ProtocolError::setting("the temperature", temperature, "write a finite number above 0"))
    }
}

/// The median of the best epochs of folds, the lower of two middle ones; `None` if no fold was validated.
pub fn median_best_epoch(folds: &[ModelRecord]) -> Option<usize> {
    median_fold(folds).map(|(_, epoch)| epoch)
}

/// The first fold whose best epoch is [`median_best_epoch`], and this epoch.
pub(crate) fn median_fold(folds: &[ModelRecord]) -> Option<(&ModelRecord, usize)> {
    let best = folds.iter().filter_map(|record| Some((record, record.history.best_epoch()?)));
    let mut best: Vec<_> = best.collect();
    // The sort is stable, so equal epochs stay in the order of the folds.
    best.sort_by_key(|(_, epoch)| *epoch);
    let (_, median) = *best.get(best.len().checked_sub(1)? / 2)?;
    best.into_iter().find(|(_, epoch)| *epoch == median)
}
