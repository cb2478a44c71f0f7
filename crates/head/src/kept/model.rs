//! A trained head on disk: weights in `model.safetensors` and their record in `model.json`.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use radiograph_files::create_folder;
use radiograph_libtorch::Device;
use radiograph_protocol::{History, ModelRecord, ProtocolError};
use tch::Tensor;

use crate::{
    ClassProbabilities, ConfiguredHead, Error, Feed, Head, Mode,
    kept::{
        checkpoint::weights,
        origin::{Settings, require_key, versions},
        tensor_file,
    },
};

/// A trained head whose probabilities are read by class name.
#[derive(Debug)]
pub struct Model {
    head: ConfiguredHead,
    record: ModelRecord,
}

impl Model {
    pub(crate) fn new(head: ConfiguredHead, history: History, settings: &Settings<'_>) -> Self {
        let versions = versions(head.device());
        let (config, key) = (head.config().clone(), settings.key.clone());
        let mut record = ModelRecord::new(config, key, settings.training.clone(), history, versions);
        record.contaminated = settings.beginning.contaminated;
        record.samples = settings.samples;
        record.features = settings.features;
        record.began_from = settings.beginning.weights;
        Self { head, record }
    }

    /// Its record.
    pub fn record(&self) -> &ModelRecord {
        &self.record
    }

    /// The head itself, for explanations.
    pub fn head(&self) -> &ConfiguredHead {
        &self.head
    }

    /// Its head, to train it further.
    pub fn into_head(self) -> ConfiguredHead {
        self.head
    }

    /// The same model with logits divided by `temperature`, which the metrics crate can fit.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if it is not above 0.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self, Error> {
        ModelRecord::check_temperature(temperature)?;
        self.record.temperature = temperature;
        Ok(self)
    }

    /// Writes `model.safetensors` and then `model.json` to a folder, which is created if needed.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the system refuses. Weights without a record do not count as a model.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.write(folder).map(drop)
    }

    /// Like [`Self::save`]; returns the record as written.
    pub(crate) fn write(&self, folder: &Path) -> Result<ModelRecord, Error> {
        create_folder(folder)?;
        let hash = tensor_file::write(&weights_path(folder), &weights(&self.head))?;
        let mut record = self.record.clone();
        record.weights = hash;
        record.write(folder)?;
        Ok(record)
    }

    /// Reads a model for features of this origin and for these classes, in any order.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] if it was trained on other features, [`Error::Classes`] if it has other classes,
    /// [`Error::Damaged`] or [`Error::File`] if it cannot be read whole.
    pub fn load(
        folder: &Path,
        key: &ExtractionKey,
        classes: &Classes,
        device: Device,
    ) -> Result<Self, Error> {
        let path = folder.join(ModelRecord::FILE);
        let missing = || Error::Damaged { path: path.clone(), reason: "there is no such file".to_owned() };
        let record = ModelRecord::read(folder)?.ok_or_else(missing)?;
        require_key(key, &record.key, &path)?;
        classes.columns_of(&record.head.classes)?;
        // A record may claim any size, so memory is allocated only for tensors that the file really holds.
        let impossible =
            |error: ProtocolError| Error::Damaged { path: path.clone(), reason: error.to_string() };
        tensor_file::require(&weights_path(folder), &record.head.layout().map_err(impossible)?)?;
        let head = ConfiguredHead::blank(record.head.clone(), device)?;
        tensor_file::read(&weights_path(folder), record.weights, &weights(&head))?;
        Ok(Self { head, record })
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
