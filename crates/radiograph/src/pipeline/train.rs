//! The stage `train`: trains models on feature maps and labels, and stores their predictions.

use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use radiograph_dataset::manifest::Manifest;
use radiograph_features::{FeatureId, FeatureStore, Part};
use radiograph_head::{
    Cohort, Event, Feed, LabelledImage, Protocol, StoredFeatures, Subset, finished_protocol, run_protocol,
    write_test_predictions,
};
use radiograph_run::{
    Baseline, Ensemble, EnsembleOver, EnsembleRecord, Inputs, ModelKind, Progress, Stage, Stamp,
    TEST_PREDICTIONS, TrainingRecord, labelled_images, write_json,
};
use serde::Serialize;
use tch::Tensor;

use super::Pipeline;
use crate::{Error, Familiarity, Frozen};

/// The result of the stage `train` for one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Trained {
    /// Record of the training.
    pub record: TrainingRecord,
    /// Ids of the manifest's images that have no features and are left out.
    pub without_features: Vec<String>,
}

impl Pipeline<'_> {
    /// Trains every model (its folds and the tested model) and stores the predictions. Returns the result of each model
    /// by name.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] if manifest or features are missing, [`Error::Head`], and an interruption.
    pub fn train(&mut self) -> Result<BTreeMap<String, Trained>, Error> {
        let mut trained = self.train_part(Part::WHOLE)?;
        let manifest = self.run.manifest()?;
        for ensemble in self.config().ensembles() {
            let record = TrainingRecord::Ensemble(self.average(&ensemble, &manifest)?);
            trained.insert(ensemble.name, Trained { record, without_features: Vec::new() });
        }
        Ok(trained)
    }

    /// Trains a share of the models: each is one piece of the work. Ensembles are left to [`train`](Self::train), which finds
    /// the models of all shares finished. Returns the result of each model by name.
    ///
    /// # Errors
    ///
    /// As [`train`](Self::train).
    pub fn train_part(&mut self, part: Part) -> Result<BTreeMap<String, Trained>, Error> {
        let manifest = self.run.manifest()?;
        let models: Vec<ModelKind> = part.of(self.config().models()).collect();
        if self.config().compute.parallel_trainings > 1 {
            self.train_side_by_side(&models, &manifest)?;
        }
        let mut trained = BTreeMap::new();
        for model in models {
            let frozen = Frozen::of(model.network, self.config())?;
            trained.insert(model.name(), self.train_model(model, &frozen, &manifest)?);
        }
        Ok(trained)
    }

    pub(super) fn average(
        &mut self,
        ensemble: &Ensemble,
        manifest: &Manifest,
    ) -> Result<EnsembleRecord, Error> {
        if ensemble.over == EnsembleOver::Folds {
            for &member in &ensemble.members {
                self.test_folds(member, manifest)?;
            }
        }
        Ok(self.run.average(ensemble)?)
    }

    /// Lets the model of each fold predict the test images, for an ensemble over folds.
    fn test_folds(&mut self, model: ModelKind, manifest: &Manifest) -> Result<(), Error> {
        let name = model.name();
        let (folder, stamp) = (self.folder().model(&name), format!("test-folds-{name}"));
        let record = self.run.record(model)?;
        let inputs = Inputs::of(Stage::Train).add_value("training", &record);
        let Err(hash) = Stamp::is_valid(self.folder().path(), &stamp, inputs)? else { return Ok(()) };
        let frozen = Frozen::of(model.network, self.config())?;
        let store = self.store(&frozen)?;
        let (cohort, _) = self.cohort(manifest, &store)?;
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let feed = Feed::new(&features, self.device, 0)?;
        let mut outputs = Vec::new();
        for fold in &record.folds {
            let place = folder.join(format!("fold-{}", fold.number));
            let path = place.join(TEST_PREDICTIONS);
            write_test_predictions(&path, &place, &cohort, &feed, store.key(), self.device)?;
            outputs.push(path);
        }
        Ok(Stamp::write(self.folder().path(), &stamp, hash, &outputs)?)
    }

    pub(super) fn train_model(
        &mut self,
        model: ModelKind,
        frozen: &Frozen,
        manifest: &Manifest,
    ) -> Result<Trained, Error> {
        let name = model.name();
        let store = self.store(frozen)?;
        let (cohort, missing) = self.cohort(manifest, &store)?;
        if !missing.is_empty() {
            let sentence = format!("{name}: {} images have no features and are left out", missing.len());
            self.run.say(Stage::Train, &sentence)?;
        }
        let without_features: Vec<String> = missing.into_iter().map(|image| image.id).collect();
        if model.baseline == Some(Baseline::LinearProbe) {
            let weights = self.config().training.class_weights.then(|| class_weights(&cohort));
            let origin = frozen.record(manifest);
            let record = self.run.train_probe(model, &cohort, &store, weights.as_ref(), &origin)?;
            return Ok(Trained { record: TrainingRecord::Probe(record), without_features });
        }
        let folder = self.folder().model(&name);
        let features = StoredFeatures::of_cohort(&store, &cohort)?;
        let protocol = self.protocol(model, radiograph_head::Features::shape(&features), &cohort)?;
        let (frozen_record, familiarity) = (folder.join("frozen.json"), folder.join(Familiarity::FILE));
        if let Some(done) = finished_protocol(&protocol, &cohort, store.key(), &folder)?
            && frozen_record.is_file()
            && familiarity.is_file()
        {
            self.run.skip(Stage::Train, &name)?;
            return Ok(Trained { record: TrainingRecord::Head(Box::new(done)), without_features });
        }
        let clock = self.run.start(Stage::Train, &name)?;
        let feed = Feed::new(&features, self.device, self.config().compute.resident_bytes)?;
        let watch = self.run.watcher();
        let record = run_protocol(&protocol, &cohort, &feed, store.key(), &folder, &mut |news| {
            let part = match news.stage {
                radiograph_head::Stage::Fold { number, of } => format!("fold {number} of {of}"),
                _ => "refit".to_owned(),
            };
            match news.event {
                Event::Step { epoch, step, steps, running } => {
                    watch(Progress::Trained { part: &part, epoch, epochs: news.epochs, step, steps, running })
                }
                _ => ControlFlow::Continue(()),
            }
        })?;
        let record = record.ok_or(radiograph_run::Error::Interrupted { stage: Stage::Train })?;
        write_json(&frozen_record, &frozen.record(manifest))?;
        keep_familiar(&familiarity, &cohort, &store)?;
        self.run.finish(clock)?;
        Ok(Trained { record: TrainingRecord::Head(Box::new(record)), without_features })
    }

    pub(super) fn protocol(
        &self,
        model: ModelKind,
        features: radiograph_head::FeatureShape,
        cohort: &Cohort,
    ) -> Result<Protocol, Error> {
        let config = self.config();
        let weights = config.training.class_weights.then(|| class_weights(cohort));
        Ok(Protocol {
            head: config.head(model, features, cohort.classes())?,
            training: config.training_of(model, weights),
            folds: config.training.folds,
            fold_start: config.training.fold_start,
            tested: config.training.tested_model.clone(),
        })
    }

    /// The manifest's training and test images that have features, and the images without features.
    pub(super) fn cohort(
        &self,
        manifest: &Manifest,
        store: &FeatureStore,
    ) -> Result<(Cohort, Vec<LabelledImage>), Error> {
        let config = self.config();
        let images = labelled_images(manifest);
        let (cohort, missing) = Cohort::new(self.run.classes(), images)?.without_missing(store)?;
        let cohort = if config.input.augmented_copies > 0 { cohort.with_variants_in(store)? } else { cohort };
        let cohort = if config.permute_labels { cohort.with_permuted_labels(config.seed) } else { cohort };
        Ok((cohort, missing))
    }
}

/// Class weights in inverse proportion to the number of training images, with a mean of 1 over the images.
fn class_weights(cohort: &Cohort) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<String, f64> =
        cohort.classes().names().map(|name| (name.to_owned(), 0.0)).collect();
    let mut all = 0.0;
    for (position, image) in cohort.images().iter().enumerate() {
        if let (Subset::Training { .. }, Some(class)) = (image.subset, cohort.label(position)) {
            *counts.entry(class.name().to_owned()).or_insert(0.0) += 1.0;
            all += 1.0;
        }
    }
    let classes = counts.len() as f64;
    counts.values_mut().filter(|count| **count > 0.0).for_each(|count| *count = all / (classes * *count));
    counts
}

/// Maximum number of training images that a model's new images are compared with. Each is compared with each other, and
/// 20,000 images of 2,048 channels take 160 MB.
const MOST_FAMILIAR: usize = 20_000;

/// The images to compare new ones with: all training images, or of too many those with the smallest content hashes, which
/// are a random draw. In the order of the cohort.
fn familiar(cohort: &Cohort, most: usize) -> Vec<&LabelledImage> {
    let mut trained: Vec<_> = cohort.images().iter().filter(|image| image.subset != Subset::Test).collect();
    if trained.len() > most {
        let mut hashes: Vec<_> = trained.iter().map(|image| image.image).collect();
        let (_, &mut largest, _) = hashes.select_nth_unstable(most - 1);
        trained.retain(|image| image.image <= largest);
    }
    trained
}

/// Writes the mean features of the training images, unless the file exists.
pub(super) fn keep_familiar(path: &Path, cohort: &Cohort, store: &FeatureStore) -> Result<(), Error> {
    if path.is_file() {
        return Ok(());
    }
    let [channels, height, width] = store.shape();
    let trained = familiar(cohort, MOST_FAMILIAR);
    let (mut pooled, mut groups, mut numbers) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut values = vec![0.0_f32; channels * height * width];
    for image in trained {
        store.read(&[FeatureId::plain(image.image)], &mut values)?;
        let cells = (height * width) as f32;
        pooled.extend(values.chunks_exact(height * width).map(|channel| channel.iter().sum::<f32>() / cells));
        let next = numbers.len() as i64;
        groups.push(*numbers.entry(image.cluster.clone()).or_insert(next));
    }
    let table = || Tensor::f_from_slice(&pooled)?.f_view([groups.len() as i64, channels as i64]);
    Familiarity::write(path, &table().map_err(|error| Error::libtorch(&error))?, &groups)
}

#[cfg(test)]
mod tests {
    use radiograph_classes::Classes;
    use radiograph_files::ContentHash;

    use super::*;

    #[test]
    fn of_too_many_training_images_a_draw_is_kept_that_depends_on_content_alone() {
        let classes = Classes::new(["a", "b"]).unwrap();
        let image = |number: usize| LabelledImage {
            id: format!("{number:03}"),
            cluster: number.to_string(),
            source: "drawn".to_owned(),
            class: if number.is_multiple_of(2) { "a" } else { "b" }.to_owned(),
            image: ContentHash::of_bytes(&number.to_le_bytes()),
            subset: match number % 3 {
                0 => Subset::Test,
                fold => Subset::Training { fold: Some(fold as u32), validates: true },
            },
        };
        let cohort = Cohort::new(&classes, (0..90).map(image).collect()).unwrap();
        let kept = |most| familiar(&cohort, most).iter().map(|image| image.image).collect::<Vec<_>>();
        let all = kept(60);
        assert_eq!((all.len(), kept(1000)), (60, all.clone()));
        let few = kept(7);
        let mut smallest = all.clone();
        smallest.sort();
        assert_eq!(few.len(), 7);
        assert!(few.iter().all(|image| smallest[..7].contains(image)));
    }
}
