//! The part of the stage `train` that needs no libtorch: the linear probe on the mean of each feature map.

use std::{collections::BTreeMap, path::Path};

use ndarray::{Array2, ArrayViewMut2, Axis};
use radiograph_features::{FeatureId, FeatureStore};
use radiograph_files::{ContentHash, create_folder, write_bytes};
use radiograph_metrics::{Predictions, Probabilities};
use radiograph_probe::{Examples, Fold, Folds, GRID, Probe, Stopping, choose};
use radiograph_protocol::Cohort;

use crate::{
    Error, FrozenRecord, Inputs, ModelKind, Progress, Run, Stage, Stamp, json::write_json,
    training_record::ProbeRecord,
};

impl Run<'_> {
    /// Trains the linear probe of a network on the cohort's folds, which choose its penalty, and on all training images,
    /// and stores the model and the predictions. `class_weights` weigh the images in the loss, by class name.
    ///
    /// Validation scores of the folds are slightly optimistic: the folds that they are for chose the penalty, as they
    /// choose the best epoch of a head.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] if a feature map cannot be read; [`Error::Probe`] if a fold lacks a class; [`Error::File`], and
    /// an interruption.
    pub fn train_probe(
        &mut self,
        model: ModelKind,
        cohort: &Cohort,
        store: &FeatureStore,
        class_weights: Option<&BTreeMap<String, f64>>,
        frozen: &FrozenRecord,
    ) -> Result<ProbeRecord, Error> {
        let name = model.name();
        let folder = self.folder().model(&name);
        let stamp = format!("train-{name}");
        let folds = self.config().training.folds;
        let inputs = Inputs::of(Stage::Train)
            .add_value("features", store.key())
            .add_value("cohort", &cohort.digest())
            .add_value("class weights", &class_weights)
            .add_value("folds", &folds)
            .add_value("frozen", frozen);
        let hash = match Stamp::is_valid(self.folder().path(), &stamp, inputs)? {
            Ok(()) => {
                self.skip(Stage::Train, &name)?;
                return ProbeRecord::read(&folder)?
                    .ok_or(Error::Missing { path: folder.join(ProbeRecord::FILE), stage: Stage::Train });
            }
            Err(hash) => hash,
        };
        let clock = self.start(Stage::Train, &name)?;
        let training = cohort.training();
        let label = |&position: &usize| cohort.label(position).map_or(0, |class| class.index());
        let labels: Vec<usize> = training.iter().map(label).collect();
        let means = self.training_means(cohort, store, &training)?;
        let mut examples = Examples::owning(means, cohort.classes(), labels.clone())?;
        if let Some(weights) = class_weights {
            let names: Vec<&str> = cohort.classes().names().collect();
            let weight = |label: &usize| names.get(*label).and_then(|name| weights.get(*name)).copied();
            examples =
                examples.with_weights(labels.iter().map(|label| weight(label).unwrap_or(1.0)).collect())?;
        }
        let validated: Vec<_> = cohort.folds().into_iter().take(folds).collect();
        let place = |position: &usize| training.partition_point(|other| other < position);
        let in_rows = validated.iter().map(|fold| Fold {
            training: (0..training.len())
                .filter(|row| fold.held_out.binary_search(&training[*row]).is_err())
                .collect(),
            held_out: fold.validation.iter().map(place).collect(),
        });
        let in_rows = Folds::new(&examples, in_rows.collect())?;
        let chosen = choose(&examples, &in_rows, &GRID, &Stopping::default())?;

        create_folder(&folder)?;
        let mut outputs = Vec::new();
        let mut predict = |probe: &Probe, positions: &[usize], into: &Path| -> Result<ContentHash, Error> {
            create_folder(into)?;
            let path = into.join("predictions.csv");
            let table = table(probe, store, cohort, positions)?;
            write_bytes(&path, &table)?;
            outputs.push(path);
            Ok(ContentHash::of_bytes(&table))
        };
        let mut hashes = Vec::with_capacity(validated.len());
        for (number, (fold, probe)) in (1..).zip(validated.iter().zip(&chosen.folds)) {
            hashes.push(predict(probe, &fold.validation, &folder.join(format!("fold-{number}")))?);
        }
        let predictions = predict(&chosen.probe, &cohort.test(), &folder)?;
        let (file, frozen_file) = (folder.join("model.json"), folder.join("frozen.json"));
        write_json(&file, &chosen.probe)?;
        write_json(&frozen_file, frozen)?;
        let record = ProbeRecord::new(&chosen, hashes, predictions, ContentHash::of_file(&file)?);
        record.write(&folder)?;
        outputs.extend([file, frozen_file, folder.join(ProbeRecord::FILE)]);
        Stamp::write(self.folder().path(), &stamp, hash, &outputs)?;
        self.finish(clock)?;
        Ok(record)
    }

    /// The means of the training images, a row for each. They are the largest thing that a run holds: 8 bytes for each
    /// image and channel.
    fn training_means(
        &mut self,
        cohort: &Cohort,
        store: &FeatureStore,
        training: &[usize],
    ) -> Result<Array2<f64>, Error> {
        let mut means = Array2::zeros((training.len(), store.shape()[0]));
        let (mut done, all) = (0, training.len() as u64);
        for (positions, rows) in training.chunks(TOGETHER).zip(means.axis_chunks_iter_mut(Axis(0), TOGETHER))
        {
            read_means(cohort, store, positions, rows)?;
            done += positions.len() as u64;
            self.tell(Stage::Train, Progress::Advanced { done, all, unit: "images" })?;
        }
        Ok(means)
    }
}

/// Number of feature maps that are read together.
const TOGETHER: usize = 64;

/// Reads the mean over the grid of each image's own feature map.
fn read_means(
    cohort: &Cohort,
    store: &FeatureStore,
    positions: &[usize],
    mut into: ArrayViewMut2<'_, f64>,
) -> Result<(), Error> {
    let [channels, height, width] = store.shape();
    let cells = height * width;
    let ids: Vec<FeatureId> =
        positions.iter().map(|&position| FeatureId::plain(cohort.images()[position].image)).collect();
    let mut maps = vec![0.0_f32; ids.len() * channels * cells];
    store.read(&ids, &mut maps)?;
    for (map, mut row) in maps.chunks_exact(channels * cells).zip(into.outer_iter_mut()) {
        for (mean, channel) in row.iter_mut().zip(map.chunks_exact(cells)) {
            *mean = channel.iter().map(|value| f64::from(*value)).sum::<f64>() / cells as f64;
        }
    }
    Ok(())
}

/// The probabilities of these images. Their maps are read again, because the means of all images do not fit beside
/// those of the training images.
fn probabilities(
    probe: &Probe,
    store: &FeatureStore,
    cohort: &Cohort,
    positions: &[usize],
) -> Result<Array2<f64>, Error> {
    let mut probabilities = Array2::zeros((positions.len(), probe.classes().len()));
    for (positions, mut rows) in
        positions.chunks(TOGETHER).zip(probabilities.axis_chunks_iter_mut(Axis(0), TOGETHER))
    {
        let mut means = Array2::zeros((positions.len(), store.shape()[0]));
        read_means(cohort, store, positions, means.view_mut())?;
        rows.assign(&probe.probabilities(means.view())?);
    }
    Ok(probabilities)
}

/// Predictions of a probe as CSV, in the form of those of heads.
fn table(
    probe: &Probe,
    store: &FeatureStore,
    cohort: &Cohort,
    positions: &[usize],
) -> Result<Vec<u8>, Error> {
    let images: Vec<_> = positions.iter().map(|&position| &cohort.images()[position]).collect();
    let classes = positions
        .iter()
        .map(|&position| cohort.label(position).map(|class| class.name().to_owned()).unwrap_or_default());
    let probabilities = Probabilities::new(probe.classes(), probabilities(probe, store, cohort, positions)?)?;
    let predictions = Predictions::new(cohort.classes(), &classes.collect::<Vec<_>>(), &probabilities)?
        .with_ids(&images.iter().map(|image| &image.id).collect::<Vec<_>>())?
        .with_clusters(&images.iter().map(|image| &image.cluster).collect::<Vec<_>>())?
        .with_field("source", &images.iter().map(|image| Some(&image.source)).collect::<Vec<_>>())?;
    let mut text = Vec::new();
    predictions.write_csv(&mut text)?;
    Ok(text)
}
