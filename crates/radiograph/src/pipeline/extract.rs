//! Images → feature maps, each once.

use std::{path::Path, sync::atomic::Ordering};

use radiograph_backbone::extraction::{Event, Extraction, ExtractionSettings};
use radiograph_dataset::manifest::Manifest;
use radiograph_features::{Element, FeatureId, FeatureStore, Part, StoreDescription};
use radiograph_libtorch::Device;

use super::Pipeline;
use crate::{Error, Frozen, Progress, Stage};

impl Pipeline<'_> {
    /// The stage `extract` for one network: every training and test image of the manifest, in the network's store.
    ///
    /// # Errors
    ///
    /// [`Error::Backbone`], [`Error::Extraction`], [`Error::Features`] and [`Error::Interrupted`]. An image that cannot be
    /// read is said and left out.
    pub fn extract(&mut self, frozen: &Frozen, manifest: &Manifest) -> Result<(), Error> {
        let network = frozen.network();
        let folder = self.store_folder(frozen);
        if self.is_extracted(&folder, frozen, manifest)? {
            return self.skip(Stage::Extract, network.name());
        }
        let clock = self.start(Stage::Extract, network.name())?;
        let mut inputs = Vec::new();
        for row in manifest.train().chain(manifest.test()) {
            inputs.extend(frozen.inputs(row)?);
        }
        let description = StoreDescription::new(frozen.key(), frozen.feature_shape()?, Element::F32)?;
        let mut extraction = Extraction::open(&folder, &description, Part::WHOLE)?;
        let devices = self.devices()?;
        let load = || devices.iter().map(|&device| frozen.load(device)).collect();
        let settings = ExtractionSettings::new(frozen.input_shape());
        let stop = extraction.stop_switch();
        let mut done = 0;
        let mut all = 0;
        let watch = &mut *self.watch;
        let report = extraction.run(inputs, load, &settings, |event| {
            let failed;
            let progress = match event {
                Event::Started { features, .. } => {
                    all = *features as u64;
                    return;
                }
                Event::Computed { features } => {
                    done += *features as u64;
                    Progress::Advanced { done, all, unit: "images" }
                }
                Event::Failed(failure) => {
                    failed = format!("left out: {failure}");
                    Progress::Said { sentence: &failed }
                }
                Event::BatchHalved { device, batch } => {
                    failed = format!("memory ran out on {device}: {batch} images at once from now on");
                    Progress::Said { sentence: &failed }
                }
                _ => return,
            };
            if watch(progress).is_break() {
                stop.store(true, Ordering::Relaxed);
            }
        })?;
        if report.stopped {
            return Err(Error::Interrupted { stage: Stage::Extract });
        }
        self.finish(clock)
    }

    fn devices(&self) -> Result<Vec<Device>, Error> {
        let more = self.config.compute.more_devices.iter().map(|name| Ok(name.parse()?));
        std::iter::once(Ok(self.device)).chain(more).collect()
    }

    fn is_extracted(&self, folder: &Path, frozen: &Frozen, manifest: &Manifest) -> Result<bool, Error> {
        if !folder.join("store.json").is_file() {
            return Ok(false);
        }
        let store = FeatureStore::open_for(folder, &frozen.key())?;
        let rows = manifest.train().chain(manifest.test());
        let wanted: Vec<FeatureId> = rows.flat_map(|row| frozen.wanted(row)).collect();
        Ok(store.missing(&wanted).is_empty())
    }
}
