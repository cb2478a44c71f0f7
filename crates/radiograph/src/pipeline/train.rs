//! Feature maps and labels → models and their predictions.

use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use radiograph_dataset::manifest::{Manifest, Place, Row};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_head::{
    Cohort, Event, Feed, LabelledImage, ProtocolRecord, StoredFeatures, Subset, run_protocol,
};
use tch::Tensor;

use super::{ModelKind, Pipeline, evaluate::write_json, protocol::protocol};
use crate::{Error, Familiarity, Frozen, Progress, Stage};

impl Pipeline<'_> {
    /// The stage `train` for one model: folds, the model that is tested, predictions.
    ///
    /// # Errors
    ///
    /// [`Error::Head`], [`Error::Features`] and [`Error::Interrupted`].
    pub(crate) fn train(
        &mut self,
        model: ModelKind,
        frozen: &Frozen,
        manifest: &Manifest,
    ) -> Result<ProtocolRecord, Error> {
        let name = model.name();
        let store = FeatureStore::open_for(&self.store_folder(frozen), &frozen.key())?;
        let (cohort, missing) = self.cohort(manifest, &store)?;
        if !missing.is_empty() {
            let sentence = format!("{name}: {} images have no features and are left out", missing.len());
            self.say(Stage::Train, &sentence)?;
        }
        let folder = self.folder.model(&name);
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let protocol = protocol(&self.config, model, radiograph_head::Features::shape(&features), &cohort)?;
        let clock = self.start(Stage::Train, &name)?;
        let feed = Feed::new(&features, self.device, self.config.compute.resident_features)?;
        let watch = &mut *self.watch;
        let record = run_protocol(&protocol, &cohort, &feed, store.key(), &folder, &mut |news| {
            let part = match news.stage {
                radiograph_head::Stage::Fold { number, of } => format!("fold {number} of {of}"),
                radiograph_head::Stage::Refit => "refit".to_owned(),
            };
            match news.event {
                Event::Step { epoch, step, steps, running } => {
                    watch(Progress::Trained { part: &part, epoch, epochs: news.epochs, step, steps, running })
                }
                _ => ControlFlow::Continue(()),
            }
        })?;
        let record = record.ok_or(Error::Interrupted { stage: Stage::Train })?;
        // Explanations need the features again, wherever they are.
        let place = std::path::absolute(store.folder()).unwrap_or_else(|_| store.folder().to_owned());
        write_json(&folder.join("features.json"), &serde_json::json!({ "store": place }))?;
        keep_what_is_familiar(&folder.join(FAMILIARITY), &cohort, &store)?;
        self.finish(clock)?;
        Ok(record)
    }

    /// The manifest's training and test images that have features, and those that have none.
    pub(crate) fn cohort(
        &self,
        manifest: &Manifest,
        store: &FeatureStore,
    ) -> Result<(Cohort, Vec<LabelledImage>), Error> {
        let (cohort, missing) =
            Cohort::new(&self.classes, labelled_images(manifest))?.without_missing(store)?;
        let cohort = if self.config.input.variants > 0 { cohort.with_variants_in(store) } else { cohort };
        let cohort =
            if self.config.permute_labels { cohort.with_permuted_labels(self.config.seed) } else { cohort };
        Ok((cohort, missing))
    }
}

/// The images of a manifest that are trained or tested on, as a [`Cohort`] takes them. What belongs together, by patient or
/// picture, is one patient.
pub fn labelled_images(manifest: &Manifest) -> Vec<LabelledImage> {
    let image = |row: &Row| {
        let subset = match row.place {
            Place::Train { fold, validates } => Subset::Training { fold, validates },
            Place::Test => Subset::Test,
            Place::Excluded { .. } => return None,
        };
        Some(LabelledImage {
            id: row.id.to_string(),
            patient: row.group.to_string(),
            source: row.origin(),
            class: row.class.as_ref()?.to_string(),
            image: row.content_hash,
            subset,
        })
    };
    manifest.rows().iter().filter_map(image).collect()
}

/// The name of the file that tells which images a model knows the likes of.
pub(crate) const FAMILIARITY: &str = "familiarity.safetensors";

/// Keeps the means of the training images' feature maps, so that the model can say which images are unlike them.
fn keep_what_is_familiar(path: &Path, cohort: &Cohort, store: &FeatureStore) -> Result<(), Error> {
    if path.is_file() {
        return Ok(());
    }
    let [channels, height, width] = store.shape();
    let trained = cohort.images().iter().filter(|image| image.subset != Subset::Test);
    let (mut pooled, mut groups, mut numbers) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut values = vec![0.0_f32; channels * height * width];
    for image in trained {
        store.read(&[FeatureId::plain(image.image)], &mut values)?;
        let cells = (height * width) as f32;
        pooled.extend(values.chunks_exact(height * width).map(|channel| channel.iter().sum::<f32>() / cells));
        let next = numbers.len() as i64;
        groups.push(*numbers.entry(image.patient.clone()).or_insert(next));
    }
    let table = || Tensor::f_from_slice(&pooled)?.f_view([groups.len() as i64, channels as i64]);
    Familiarity::write(path, &table().map_err(|error| Error::libtorch(&error))?, &groups)
}
