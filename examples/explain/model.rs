//! The model of a run, and the features that it was trained on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_dataset::preprocess::Preprocess;
use radiograph_features::{ExtractionKey, FeatureId, FeatureStore};
use radiograph_files::ContentHash;
use radiograph_head::{Head, Model, ProtocolRecord, TestedModel};
use radiograph_libtorch::Device;
use tch::Tensor;

use crate::Failure;

/// A trained model with its feature store.
pub(crate) struct Trained {
    pub(crate) name: String,
    model: Model,
    store: FeatureStore,
    device: Device,
}

impl Trained {
    /// The run's model of this name, or its only one.
    pub(crate) fn load(
        run: &Path,
        name: Option<&str>,
        store: Option<&Path>,
        device: Device,
    ) -> Result<Self, Failure> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => only_model(run)?,
        };
        let folder = run.join(&name);
        let record = ProtocolRecord::read(&folder)?.ok_or_else(|| {
            format!("{} holds no finished training; finish it with `train` or `pipeline`", folder.display())
        })?;
        let weights = match &record.protocol.tested {
            TestedModel::WeightedFolds(weights) => folder.join(heaviest(weights)),
            _ => folder.clone(),
        };
        let classes = &record.protocol.head.classes;
        let model = Model::load(&weights, &record.key, classes, device)?;
        let place = match store {
            Some(store) => store.to_owned(),
            None => recorded_store(run, &folder, &record.key)?,
        };
        Ok(Self { name, model, store: FeatureStore::open_for(&place, &record.key)?, device })
    }

    pub(crate) fn head(&self) -> &Head {
        self.model.head()
    }

    /// How pictures became the network's input, if the store says so in the words of this project's programs.
    pub(crate) fn preprocessing(&self) -> Option<Preprocess> {
        let words: serde_json::Value = serde_json::from_str(&self.store.key().preprocessing).ok()?;
        serde_json::from_value(words.get("preprocess")?.clone()).ok()
    }

    /// The feature map `[1, C, H, W]` of an image.
    pub(crate) fn features(&self, image: ContentHash) -> Result<Tensor, Failure> {
        let [channels, height, width] = self.store.shape();
        let mut values = vec![0.0; channels * height * width];
        self.store.read(&[FeatureId::plain(image)], &mut values)?;
        let shape = [1, channels as i64, height as i64, width as i64];
        Ok(Tensor::f_from_slice(&values)?.f_view(shape)?.f_to_device(self.device.to_tch())?)
    }
}

fn only_model(run: &Path) -> Result<String, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(run)? {
        let entry = entry?;
        if entry.path().join("training.json").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    match &names[..] {
        [name] => Ok(name.clone()),
        [] => {
            Err(format!("{} holds no finished training; make one with `train` or `pipeline`", run.display())
                .into())
        }
        _ => Err(format!(
            "{} holds several models; choose one with --model: {}",
            run.display(),
            names.join(", ")
        )
        .into()),
    }
}

/// The fold that counts most among those that are tested together.
fn heaviest(weights: &[f64]) -> String {
    let best =
        (0..weights.len()).fold(0, |best, fold| if weights[fold] > weights[best] { fold } else { best });
    format!("fold-{}", best + 1)
}

/// Where `train` says that the features lie, or where `pipeline` keeps them.
fn recorded_store(run: &Path, folder: &Path, key: &ExtractionKey) -> Result<PathBuf, Failure> {
    let of_pipeline = run.join("features").join(key.folder_name());
    if of_pipeline.is_dir() {
        return Ok(of_pipeline);
    }
    let path = folder.join("features.json");
    let text = fs::read(&path)
        .map_err(|error| format!("{}: {error}; say where the features are with --store", path.display()))?;
    let value: serde_json::Value = serde_json::from_slice(&text)?;
    let store =
        value["store"].as_str().ok_or_else(|| format!("{} names no store; use --store", path.display()))?;
    Ok(PathBuf::from(store))
}
