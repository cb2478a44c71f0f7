//! A finished head: its weights in `model.safetensors`, and in `model.json` all that is needed to use it rightly.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use radiograph_files::{ContentHash, create_folder, write_bytes};
use radiograph_libtorch::Device;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{
    ClassProbabilities, Error, Feed, Fitted, Head, HeadConfig, History, Mode, TrainingConfig,
    kept::{
        checkpoint::{read_record, weights},
        origin::{Beginning, Settings, Versions, require_key},
        tensor_file,
    },
};

/// What is known about a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    format: String,
    /// What it is made of; the classes stand here, by name.
    pub head: HeadConfig,
    /// How the features were made that it was trained on, and that it needs.
    pub key: ExtractionKey,
    /// How it was trained.
    pub training: TrainingConfig,
    /// Every epoch of that.
    pub history: History,
    /// Whether its validation samples had been trained on before: then its validation scores say nothing.
    pub contaminated: bool,
    /// What its logits are divided by; 1 unless one was fitted.
    pub temperature: f64,
    /// Which samples it was trained on, and which validated it: hashes of their numbers and labels.
    pub samples: [Option<ContentHash>; 2],
    /// Which feature maps these numbers stand for: a hash; `None` in records that are older than this question.
    #[serde(default)]
    pub features: Option<ContentHash>,
    /// The hash of the weights that its training began from, if these were another model's.
    #[serde(default)]
    pub began_from: Option<ContentHash>,
    versions: Versions,
    weights: ContentHash,
}

impl ModelRecord {
    /// The SHA-256 of its `model.safetensors`.
    pub(crate) fn weights(&self) -> ContentHash {
        self.weights
    }

    pub(crate) fn settings(&self) -> Settings<'_> {
        Settings {
            head: &self.head,
            training: &self.training,
            key: &self.key,
            samples: self.samples,
            features: self.features,
            beginning: Beginning { weights: self.began_from, contaminated: self.contaminated },
        }
    }
}

/// A trained head that answers by class name.
#[derive(Debug)]
pub struct Model {
    head: Head,
    record: ModelRecord,
}

impl Model {
    const FORMAT: &str = "radiograph head 1";

    pub(crate) fn new(fitted: Fitted, settings: &Settings<'_>) -> Self {
        let record = ModelRecord {
            format: Self::FORMAT.to_owned(),
            head: fitted.head.config().clone(),
            key: settings.key.clone(),
            training: settings.training.clone(),
            history: fitted.history,
            contaminated: settings.beginning.contaminated,
            temperature: 1.0,
            samples: settings.samples,
            features: settings.features,
            began_from: settings.beginning.weights,
            versions: Versions::of(fitted.head.device()),
            weights: ContentHash::of_bytes(b""),
        };
        Self { head: fitted.head, record }
    }

    /// What is known about it.
    pub fn record(&self) -> &ModelRecord {
        &self.record
    }

    /// The head itself, for explanations.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Its head, to train on.
    pub fn into_head(self) -> Head {
        self.head
    }

    /// The same model, whose logits are divided by `temperature` from now on, such as one that the metrics crate fitted.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if it is not above 0.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self, Error> {
        require_temperature(temperature)?;
        self.record.temperature = temperature;
        Ok(self)
    }

    /// Writes `model.safetensors` and then `model.json` to a folder, which is made if need be.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the system refuses. Weights without their record are not taken for a model.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.write(folder).map(drop)
    }

    /// [`Self::save`], and what is then in `model.json`.
    pub(crate) fn write(&self, folder: &Path) -> Result<ModelRecord, Error> {
        create_folder(folder)?;
        let hash = tensor_file::write(&weights_path(folder), &weights(&self.head))?;
        let record = ModelRecord { weights: hash, ..self.record.clone() };
        let path = record_path(folder);
        let text = serde_json::to_vec_pretty(&record)
            .map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string() })?;
        write_bytes(&path, &text)?;
        Ok(record)
    }

    /// Reads a model for features of this origin and for these classes, in whatever order.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] if it was trained on other features, [`Error::Classes`] if it tells other classes apart,
    /// [`Error::Damaged`] or [`Error::File`] if it cannot be read whole.
    pub fn load(
        folder: &Path,
        key: &ExtractionKey,
        classes: &Classes,
        device: Device,
    ) -> Result<Self, Error> {
        let path = record_path(folder);
        let missing = || Error::Damaged { path: path.clone(), reason: "it is not there".to_owned() };
        let record = Self::record_in(folder)?.ok_or_else(missing)?;
        require_key(key, &record.key, &path)?;
        classes.columns_of(&record.head.classes)?;
        // A record may ask for any size; memory is taken for what the file really holds.
        let impossible = |error: Error| Error::Damaged { path: path.clone(), reason: error.to_string() };
        tensor_file::require(&weights_path(folder), &record.head.layout().map_err(impossible)?)?;
        let head = Head::blank(record.head.clone(), device)?;
        tensor_file::read(&weights_path(folder), record.weights, &weights(&head))?;
        Ok(Self { head, record })
    }

    /// The record of the model in a folder, without its weights; `None` if there is no model.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`], [`Error::Foreign`] or [`Error::File`] if there is one that cannot be read.
    pub fn record_in(folder: &Path) -> Result<Option<ModelRecord>, Error> {
        let path = record_path(folder);
        let Some(record) = read_record::<ModelRecord>(&path)? else { return Ok(None) };
        if record.format != Self::FORMAT {
            return Err(Error::Foreign {
                path,
                field: "format".to_owned(),
                expected: Self::FORMAT.to_owned(),
                found: record.format.chars().take(80).collect(),
            });
        }
        require_temperature(record.temperature)?;
        Ok(Some(record))
    }

    /// Probabilities for feature maps `[N, C, H, W]` on the model's device.
    ///
    /// # Errors
    ///
    /// As [`Head::forward`].
    pub fn probabilities(&self, features: &Tensor) -> Result<ClassProbabilities, Error> {
        let _guard = tch::no_grad_guard();
        let logits = self.head.forward(features, Mode::Evaluate)?;
        ClassProbabilities::from_logits(&self.head.config().classes, &logits, self.record.temperature)
    }

    /// Probabilities for the features at `indices` of a feed, `batch` at a time.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSample`] and the errors of the features; those of [`Self::probabilities`].
    pub fn predict(
        &self,
        feed: &Feed<'_>,
        indices: &[usize],
        batch: usize,
    ) -> Result<ClassProbabilities, Error> {
        let mut all = ClassProbabilities::empty(&self.head.config().classes);
        feed.batches(indices, batch.max(1), |features, _| {
            all.append(self.probabilities(&features)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(all)
    }
}

fn weights_path(folder: &Path) -> PathBuf {
    folder.join("model.safetensors")
}

fn record_path(folder: &Path) -> PathBuf {
    folder.join("model.json")
}

fn require_temperature(temperature: f64) -> Result<(), Error> {
    if temperature > 0.0 && temperature.is_finite() {
        return Ok(());
    }
    Err(Error::setting("the temperature", temperature, "write a finite number above 0"))
}
