//! The stage `extract`: computes the feature maps of all images and stores each once.

use std::{path::Path, sync::atomic::Ordering};

use radiograph_backbone::extraction::{
    Event, Extraction, ExtractionReport, ExtractionSettings, Failure, Input,
};
use radiograph_dataset::manifest::Manifest;
use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription, write_table};
use radiograph_libtorch::{Device, Devices};
use radiograph_run::{Progress, Stage, Watcher, job_cores};
use serde::Serialize;

use super::Pipeline;
use crate::{Error, Frozen};

/// The result of the stage `extract` for one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Extracted {
    /// Network.
    pub network: String,
    /// Number of feature maps that this call computed.
    pub computed: usize,
    /// Number of feature maps that were already stored.
    pub present: usize,
    /// Ids of images that cannot be read, with the reason.
    pub left_out: Vec<(String, String)>,
}

impl Pipeline<'_> {
    /// Extracts every training and test image of the manifest with every network, or one part of this work.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] without a manifest or if a store cannot be used; [`Error::Backbone`], [`Error::Extraction`]; an
    /// interruption. An image that cannot be read is reported and left out.
    pub fn extract(&mut self, part: Part) -> Result<Vec<Extracted>, Error> {
        let manifest = self.run.manifest()?;
        let mut extracted = Vec::new();
        for network in self.config().backbones.clone() {
            let frozen = Frozen::of(network, self.config())?;
            if frozen.is_random() {
                self.run.say(Stage::Extract, &frozen.to_string())?;
            }
            extracted.push(self.extract_with(&frozen, &manifest, part)?);
        }
        Ok(extracted)
    }

    pub(super) fn extract_with(
        &mut self,
        frozen: &Frozen,
        manifest: &Manifest,
        part: Part,
    ) -> Result<Extracted, Error> {
        let network = frozen.network();
        let folder = self.store_folder(frozen);
        if let Some(present) = all_extracted(&folder, frozen, manifest)? {
            // The store may be of a version without tables, or parts of it may have ended at the same moment.
            write_table(&folder)?;
            self.run.skip(Stage::Extract, network.name())?;
            let network = network.to_string();
            return Ok(Extracted { network, computed: 0, present, left_out: Vec::new() });
        }
        let clock = self.run.start(Stage::Extract, network.name())?;
        let files = self.run.files()?;
        let mut inputs = Vec::new();
        for row in manifest.train().chain(manifest.test()) {
            inputs.extend(frozen.inputs(manifest, row, &files.get(&row.id)?.file())?);
        }
        let devices = self.devices()?;
        let report = extract(frozen, &folder, inputs, part, &devices, self.run.watcher())?;
        if report.stopped {
            return Err(radiograph_run::Error::Interrupted { stage: Stage::Extract }.into());
        }
        if part == Part::WHOLE || all_extracted(&folder, frozen, manifest)?.is_some() {
            write_table(&folder)?;
        }
        self.run.finish(clock)?;
        let reason = |failure: &Failure| (failure.id.clone(), failure.reason.to_string());
        Ok(Extracted {
            network: network.to_string(),
            computed: report.extracted,
            present: report.present,
            left_out: report.failures.iter().map(reason).collect(),
        })
    }

    pub(super) fn devices(&self) -> Result<Vec<Device>, Error> {
        let more = self.config().compute.more_devices.iter().map(|name| Ok(name.parse()?));
        let mut devices =
            std::iter::once(Ok(self.device)).chain(more).collect::<Result<Vec<Device>, Error>>()?;
        if self.folder().is_shared() {
            // A scheduler gives each job some GPUs, and CUDA_VISIBLE_DEVICES hides the others.
            let present = Devices::present();
            devices.retain(|device| !device.is_cuda() || present.all().any(|other| other == *device));
        }
        Ok(devices)
    }
}

/// Extracts `inputs` into the store in `folder` and passes events to the watcher. The report tells whether the watcher
/// stopped it.
pub(crate) fn extract(
    frozen: &Frozen,
    folder: &Path,
    inputs: Vec<Input<'static>>,
    part: Part,
    devices: &[Device],
    watch: &mut Watcher<'_>,
) -> Result<ExtractionReport, Error> {
    let description = StoreDescription::new(frozen.key(), frozen.feature_shape()?)?.for_films(inputs.len());
    let mut extraction = Extraction::open(folder, &description, part)?;
    let load = || devices.iter().map(|&device| frozen.load(device)).collect();
    let mut settings = ExtractionSettings::new(frozen.input_shape());
    if let Some(cores) = job_cores(|name| std::env::var(name).ok()) {
        settings = settings.with_decoders(cores.get().min(1024));
    }
    let stop = extraction.stop_switch();
    let (mut done, mut all) = (0, 0);
    let report = extraction.run(inputs, load, &settings, |event| {
        let sentence;
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
                sentence = format!("left out: {failure}");
                Progress::Said { sentence: &sentence }
            }
            Event::BatchHalved { device, batch } => {
                sentence = format!("out of memory on {device}: the batch is {batch} images from now on");
                Progress::Said { sentence: &sentence }
            }
            _ => return,
        };
        if watch(progress).is_break() {
            stop.store(true, Ordering::Relaxed);
        }
    })?;
    Ok(report)
}

/// The number of feature maps of the manifest's images, if the store holds all of them.
fn all_extracted(folder: &Path, frozen: &Frozen, manifest: &Manifest) -> Result<Option<usize>, Error> {
    if !folder.join("store.json").is_file() {
        return Ok(None);
    }
    let store = FeatureStore::open_for(folder, &frozen.key())?;
    let rows = manifest.train().chain(manifest.test());
    let wanted: Vec<FeatureId> = rows.flat_map(|row| frozen.wanted(manifest, row)).collect();
    Ok(store.missing(&wanted)?.is_empty().then_some(wanted.len()))
}
