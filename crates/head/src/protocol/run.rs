//! Runs a protocol: folds, the tested model, predictions. Parts that are finished are not repeated.

use std::{ops::ControlFlow, path::Path};

use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use radiograph_protocol::{Cohort, Fold, FoldRecord, ModelRecord, Protocol, ProtocolRecord, TestedModel};

use super::predictions;
use crate::{
    ClassProbabilities, Error, Event, Feed, Model, Samples, Trainings,
    kept::{LockedFolder, remove_leftovers},
};

/// Number of images predicted at a time.
const BATCH: usize = 64;

/// One of a protocol's trainings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// A fold.
    Fold {
        /// Number, from 1.
        number: usize,
        /// Number of folds.
        of: usize,
    },
    /// The training on all training images.
    Refit,
}

/// Progress of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct TrainingProgress<'a> {
    /// Training under way.
    pub stage: Stage,
    /// Maximum number of epochs of the training.
    pub epochs: usize,
    /// Event of the training.
    pub event: Event<'a>,
    /// Number of steps of all trainings.
    pub steps: usize,
    /// Number of remaining steps, if no training stops early.
    pub steps_ahead: usize,
}

/// Trains and tests as the protocol says, and writes to `folder`: for each fold `fold-k/` with `history.csv`, model and
/// `predictions.csv` of its validation images; the tested model as `model.safetensors` and `model.json`, unless it is a
/// mean of folds; `predictions.csv` of the test images; and `training.json` last. A second call resumes where the first
/// was killed, and does nothing if everything is finished. The feed holds the cohort's feature maps in its order
/// ([`StoredFeatures::of_cohort`](crate::StoredFeatures::of_cohort)). Returns `None` if the watcher ended the run.
///
/// # Errors
///
/// [`Error::Setting`] if a setting is out of its range or the protocol does not fit the cohort, [`Error::Busy`] if the
/// folder is in use, [`Error::Foreign`] if it holds the results of another protocol, and those of [`crate::Fit::run`].
pub fn run_protocol(
    protocol: &Protocol,
    cohort: &Cohort,
    feed: &Feed<'_>,
    key: &ExtractionKey,
    folder: &Path,
    watch: &mut dyn FnMut(TrainingProgress<'_>) -> ControlFlow<()>,
) -> Result<Option<ProtocolRecord>, Error> {
    check(protocol, cohort, feed)?;
    let folds = protocol.validated_folds(cohort);
    let locked = LockedFolder::of_protocol(folder)?;
    remove_leftovers(locked.path())?;
    if let Some(done) = finished_protocol(protocol, cohort, key, folder)? {
        return Ok(Some(done));
    }
    let mut record = ProtocolRecord::new(protocol, key, cohort);
    let samples = Samples::of_cohort(cohort, &cohort.training())?;
    let trainings =
        Trainings { head: &protocol.head, config: &protocol.training, feed, samples: &samples, key, folder };
    let work = Run { protocol, cohort, trainings, test: cohort.own_maps(&cohort.test()) };
    let mut steps = Steps::new(protocol, &folds, samples.len());

    let mut records = Vec::new();
    if !folds.is_empty() {
        let of = folds.len();
        let observe = &mut |number, event: Event<'_>| {
            watch(steps.progress(Stage::Fold { number, of }, number - 1, event))
        };
        match trainings.cross_validate(&folds, protocol.fold_start, observe)? {
            Some(all) => records = all,
            None => return Ok(None),
        }
    }
    let answers = work.fold_predictions(&records, &mut record)?;
    let probabilities = match protocol.refit_training(&records)? {
        Some(config) => {
            let last = folds.len();
            steps.refit(config.epochs);
            let observe = &mut |event: Event<'_>| watch(steps.progress(Stage::Refit, last, event));
            if trainings.refit_here(&config, observe)?.is_none() {
                return Ok(None);
            }
            record.refit_epochs = Some(config.epochs);
            trainings.model("")?.predict(feed, &work.test, BATCH)?
        }
        None => {
            let members: Vec<_> = answers.iter().map(|(answer, weight)| (answer, *weight)).collect();
            ClassProbabilities::weighted_mean(&members)?
        }
    };
    let path = folder.join(PREDICTIONS);
    record.predictions = predictions::write(&path, cohort, &cohort.test(), &probabilities)?;
    record.write(folder)?;
    Ok(Some(record))
}

/// Trains one fold of the protocol, `number`, counted from 1, as [`run_protocol`] does, which then finds it finished.
/// Folds that start independently can so be trained side by side; a chained fold needs the fold before. Returns `None` if
/// the watcher ended the training.
///
/// # Errors
///
/// Those of [`run_protocol`] and [`Trainings::train_fold`].
pub fn train_fold(
    protocol: &Protocol,
    cohort: &Cohort,
    feed: &Feed<'_>,
    key: &ExtractionKey,
    folder: &Path,
    number: usize,
    watch: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Option<ModelRecord>, Error> {
    check(protocol, cohort, feed)?;
    let samples = Samples::of_cohort(cohort, &cohort.training())?;
    let trainings =
        Trainings { head: &protocol.head, config: &protocol.training, feed, samples: &samples, key, folder };
    trainings.train_fold(&protocol.validated_folds(cohort), number, protocol.fold_start, watch)
}

fn check(protocol: &Protocol, cohort: &Cohort, feed: &Feed<'_>) -> Result<(), Error> {
    protocol.check(cohort)?;
    let (expected, found) = (cohort.maps(), feed.features().len());
    if expected != found {
        return Err(Error::Shape {
            what: "the list of feature maps".into(),
            expected: format!("[{expected}], one for each map of the cohort"),
            found: vec![found as i64],
        });
    }
    Ok(())
}

/// Writes what the model in the folder `model`, such as that of a fold, predicts for the cohort's test images, in the form
/// of `predictions.csv`.
///
/// # Errors
///
/// Those of [`Model::load`] and [`Model::predict`]; [`Error::File`] if the table cannot be written.
pub fn write_test_predictions(
    path: &Path,
    model: &Path,
    cohort: &Cohort,
    feed: &Feed<'_>,
    key: &ExtractionKey,
    device: Device,
) -> Result<(), Error> {
    let model = Model::load(model, key, cohort.classes(), device)?;
    let probabilities = model.predict(feed, &cohort.own_maps(&cohort.test()), BATCH)?;
    predictions::write(path, cohort, &cohort.test(), &probabilities)?;
    Ok(())
}

/// The record of this protocol in `folder`, if it was finished there and its predictions are as it wrote them.
///
/// # Errors
///
/// [`Error::Foreign`] if the record is of another protocol, other features or other images; [`Error::Damaged`] or
/// [`Error::File`] if it cannot be read.
pub fn finished_protocol(
    protocol: &Protocol,
    cohort: &Cohort,
    key: &ExtractionKey,
    folder: &Path,
) -> Result<Option<ProtocolRecord>, Error> {
    let Some(done) = ProtocolRecord::read(folder)? else { return Ok(None) };
    done.require_request_of(&ProtocolRecord::new(protocol, key, cohort), folder)?;
    let is_whole = |path: &Path, hash| ContentHash::of_file(path).is_ok_and(|found| found == hash);
    let folds = done.folds.iter().all(|fold| {
        is_whole(&folder.join(format!("fold-{}", fold.number)).join(PREDICTIONS), fold.predictions)
    });
    Ok((folds && is_whole(&folder.join(PREDICTIONS), done.predictions)).then_some(done))
}

const PREDICTIONS: &str = "predictions.csv";

/// A protocol under way.
struct Run<'a> {
    protocol: &'a Protocol,
    cohort: &'a Cohort,
    trainings: Trainings<'a>,
    /// Numbers of the test images' own feature maps.
    test: Vec<usize>,
}

impl Run<'_> {
    /// Writes each fold's predictions of its validation images. Returns the tested folds' predictions of the test images, with
    /// their weights.
    fn fold_predictions(
        &self,
        records: &[ModelRecord],
        record: &mut ProtocolRecord,
    ) -> Result<Vec<(ClassProbabilities, f64)>, Error> {
        let (feed, mut answers) = (self.trainings.feed, Vec::new());
        for ((index, fold), trained) in self.cohort.folds().iter().enumerate().zip(records) {
            let name = format!("fold-{}", index + 1);
            let model = self.trainings.model(&name)?;
            let own = model.predict(feed, &self.cohort.own_maps(&fold.validation), BATCH)?;
            let folder = self.trainings.folder.join(name);
            let hash = predictions::write(&folder.join(PREDICTIONS), self.cohort, &fold.validation, &own)?;
            record.folds.push(FoldRecord::new(index + 1, trained, &folder, hash)?);
            answers.extend(self.answer(index, &model)?);
        }
        Ok(answers)
    }

    fn answer(&self, index: usize, model: &Model) -> Result<Option<(ClassProbabilities, f64)>, Error> {
        match &self.protocol.tested {
            TestedModel::WeightedFolds(weights) if weights[index] != 0.0 => {
                Ok(Some((model.predict(self.trainings.feed, &self.test, BATCH)?, weights[index])))
            }
            _ => Ok(None),
        }
    }
}

/// Counts steps, to estimate the remaining time.
struct Steps {
    /// Steps of an epoch and maximum number of epochs, for each training.
    trainings: Vec<(usize, usize)>,
}

impl Steps {
    fn new(protocol: &Protocol, folds: &[Fold], samples: usize) -> Self {
        let batch = protocol.training.batch.max(1);
        let steps = |samples: usize| (samples.div_ceil(batch), protocol.training.epochs);
        let mut trainings: Vec<_> = folds.iter().map(|fold| steps(samples - fold.held_out.len())).collect();
        if !matches!(protocol.tested, TestedModel::WeightedFolds(_)) {
            trainings.push(steps(samples));
        }
        Self { trainings }
    }

    /// Sets the number of epochs of the refit.
    fn refit(&mut self, epochs: usize) {
        if let Some(last) = self.trainings.last_mut() {
            last.1 = epochs;
        }
    }

    fn progress<'e>(&self, stage: Stage, training: usize, event: Event<'e>) -> TrainingProgress<'e> {
        let sum = |trainings: &[(usize, usize)]| trainings.iter().map(|(steps, epochs)| steps * epochs).sum();
        let (all, ahead): (usize, usize) = (sum(&self.trainings), sum(&self.trainings[training..]));
        let (steps, epochs) = self.trainings[training];
        let behind = match event {
            Event::Resumed { epochs, step } => epochs * steps + step,
            Event::Step { epoch, step, .. } => (epoch - 1) * steps + step,
            Event::Epoch(record) => record.epoch * steps,
        };
        TrainingProgress { stage, epochs, event, steps: all, steps_ahead: ahead.saturating_sub(behind) }
    }
}
