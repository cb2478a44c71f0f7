//! Loads a trained model of a run together with the features that it was trained on.

use radiograph::Frozen;
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::ContentHash;
use radiograph_head::{ConfiguredHead, Model};
use radiograph_image::preprocess::Preprocess;
use radiograph_libtorch::Device;
use radiograph_run::{Baseline, ModelKind, Run};
use tch::Tensor;

use crate::failure::Failure;

/// A trained model with its feature store.
pub(super) struct Trained {
    pub(super) name: String,
    model: Model,
    store: FeatureStore,
    frozen: Frozen,
    device: Device,
}

impl Trained {
    /// The model of this name, or the only one.
    pub(super) fn load(run: &Run<'_>, name: Option<&str>, device: Option<Device>) -> Result<Self, Failure> {
        let config = run.config();
        // A linear probe has no head that a method could ask.
        let mut models = config.models();
        models.retain(|model| model.baseline != Some(Baseline::LinearProbe));
        let kind = named(&models, name)?;
        let device = match device {
            Some(device) => device,
            None => config.compute.device.parse()?,
        };
        let folder = run.folder().model(&kind.name());
        let record = run.record(kind)?;
        // Of several models, one is explained: the one that counts most in their mean.
        let folder = match record.protocol.tested.heaviest_fold() {
            Some(fold) => folder.join(format!("fold-{fold}")),
            None => folder,
        };
        let frozen = Frozen::of(kind.network, config)?;
        let store = FeatureStore::open_for(&run.feature_store(&record.key.folder_name()), &record.key)?;
        let model = Model::load(&folder, &record.key, run.classes(), device)?;
        Ok(Self { name: kind.name(), model, store, frozen, device })
    }

    pub(super) fn head(&self) -> &ConfiguredHead {
        self.model.head()
    }

    pub(super) fn device(&self) -> Device {
        self.device
    }

    /// The preprocessing of the network's input.
    pub(super) fn steps(&self) -> &Preprocess {
        self.frozen.steps()
    }

    /// The feature map `[1, C, H, W]` of an image.
    pub(super) fn features(&self, image: ContentHash) -> Result<Tensor, Failure> {
        let [channels, height, width] = self.store.shape();
        let mut values = vec![0.0; channels * height * width];
        self.store.read(&[FeatureId::plain(image)], &mut values)?;
        let shape = [1, channels as i64, height as i64, width as i64];
        Ok(Tensor::f_from_slice(&values)?.f_view(shape)?.f_to_device(self.device.to_tch())?)
    }
}

fn named(models: &[ModelKind], name: Option<&str>) -> Result<ModelKind, Failure> {
    let names = || models.iter().map(|model| model.name()).collect::<Vec<_>>().join(", ");
    match (name, models) {
        (None, [model]) => Ok(*model),
        (None, _) => {
            Err(Failure::input(format!("the run has several models; choose one with --model: {}", names())))
        }
        (Some(name), _) => {
            let found = models.iter().find(|model| model.name() == name);
            found
                .copied()
                .ok_or_else(|| Failure::input(format!("the run has no model {name}; it has {}", names())))
        }
    }
}
