//! The order of a whole training: folds, the model that is tested, predictions. Nothing that is finished is done again.

use std::{ops::ControlFlow, path::Path};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use radiograph_files::{ContentHash, create_folder};
use serde::{Deserialize, Serialize};

use super::{Cohort, FoldRecord, ProtocolRecord, predictions};
use crate::{
    Architecture, ClassProbabilities, Error, Event, FeatureShape, Feed, Fold, FoldStart, HeadConfig, Model,
    ModelRecord, Preset, Tested, TrainingConfig, Trainings, kept::remove_leftovers, median_best_epoch,
};

/// Images that are predicted at a time.
const BATCH: usize = 64;

/// What is trained, how, and which model answers for it in the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// What every head is made of.
    pub head: HeadConfig,
    /// How every head is trained.
    pub training: TrainingConfig,
    /// How many of the cohort's folds are validated, the first ones: all of them for a whole cross-validation, at least two
    /// for any, or none.
    pub folds: usize,
    /// How folds begin.
    pub fold_start: FoldStart,
    /// Which model is tested.
    pub tested: TestedModel,
}

/// Which model is tested in the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestedModel {
    /// One trained on all training images, for all epochs.
    Refit,
    /// One trained on all training images, for the median of the folds' best epochs.
    RefitForMedianBest,
    /// The mean of the folds' probabilities by these weights, of fold 1, 2, …; 0 leaves a fold out.
    WeightedFolds(Vec<f64>),
}

/// Which of a protocol's trainings is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A fold.
    Fold {
        /// From 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// The one on all training images.
    Refit,
}

/// What a protocol tells while it runs.
#[derive(Clone, Copy, Debug)]
pub struct TrainingProgress<'a> {
    /// Which training.
    pub stage: Stage,
    /// At most this many epochs of it.
    pub epochs: usize,
    /// What happened in it.
    pub event: Event<'a>,
    /// Steps of all trainings.
    pub steps: usize,
    /// Those that are still ahead, if none of these trainings stops early.
    pub steps_ahead: usize,
}

impl Protocol {
    /// A preset's, for the recurrent head of a network, over all folds of `cohort`.
    pub fn preset(
        preset: Preset,
        network: Architecture,
        features: FeatureShape,
        cohort: &Cohort,
        seed: u64,
    ) -> Self {
        let training = preset.training(seed);
        let (_, fold_start) = preset.folds();
        let folds = cohort.folds().len();
        let tested = match preset.tested() {
            Tested::Refit { .. } => TestedModel::Refit,
            Tested::RefitForMedianBest => TestedModel::RefitForMedianBest,
            Tested::Folds(weights) => TestedModel::WeightedFolds(
                (1..=folds)
                    .map(|fold| weights.iter().find(|(number, _)| *number == fold).map_or(0.0, |pair| pair.1))
                    .collect(),
            ),
        };
        let head = preset.head(network, features, cohort.classes());
        Self { head, training, folds, fold_start, tested }
    }

    /// Validates only the first folds, so many of them; a mean of folds is then one of these, by their weights.
    pub fn validate_first(&mut self, folds: usize) {
        self.folds = folds;
        if let TestedModel::WeightedFolds(weights) = &mut self.tested {
            weights.truncate(folds);
        }
    }

    /// Trains, tests and writes to `folder`: for each fold `fold-k/` with `history.csv`, model and `predictions.csv` of its
    /// validation images; the tested model as `model.safetensors` and `model.json`, unless it is several; `predictions.csv`
    /// of the test images; and `training.json` last. Called again it goes on where it was killed, and does nothing once all
    /// is there. The numbers of `cohort` are those of the feed's features. `None` if the watcher broke it off.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range or the protocol does not fit the cohort, [`Error::Foreign`] if the folder holds the results of
    /// another one, and those of [`crate::Fit::run`].
    pub fn run(
        &self,
        cohort: &Cohort,
        feed: &Feed<'_>,
        key: &ExtractionKey,
        folder: &Path,
        watch: &mut dyn FnMut(TrainingProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ProtocolRecord>, Error> {
        let folds = self.check(cohort, feed)?;
        create_folder(folder)?;
        remove_leftovers(folder)?;
        let mut record = ProtocolRecord::new(self, key, cohort);
        if let Some(done) = ProtocolRecord::read(folder)? {
            done.require(&record, folder)?;
            if ContentHash::of_file(&folder.join(PREDICTIONS)).is_ok_and(|hash| hash == done.predictions) {
                return Ok(Some(done));
            }
        }
        let samples = cohort.samples(&cohort.training())?;
        let trainings =
            Trainings { head: &self.head, config: &self.training, feed, samples: &samples, key, folder };
        let work = Run { protocol: self, cohort, trainings, test: cohort.own_maps(&cohort.test()) };
        let mut steps = Steps::new(self, &folds, samples.len());

        let mut records = Vec::new();
        if !folds.is_empty() {
            let of = folds.len();
            let observe = &mut |number, event: Event<'_>| {
                watch(steps.progress(Stage::Fold { number, of }, number - 1, event))
            };
            match trainings.cross_validate(&folds, self.fold_start, observe)? {
                Some(all) => records = all,
                None => return Ok(None),
            }
        }
        let answers = work.fold_predictions(&records, &mut record)?;
        let probabilities = match self.refit_epochs(&records)? {
            Some(epochs) => {
                let last = folds.len();
                steps.refit(epochs);
                let observe = &mut |event: Event<'_>| watch(steps.progress(Stage::Refit, last, event));
                if trainings.refit_here(epochs, observe)?.is_none() {
                    return Ok(None);
                }
                record.refit_epochs = Some(epochs);
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

    /// The folds to be validated, by positions among the training samples.
    fn check(&self, cohort: &Cohort, feed: &Feed<'_>) -> Result<Vec<Fold>, Error> {
        self.training.check()?;
        self.head.trained_parameters()?;
        require_same_classes(&self.head.classes, cohort.classes())?;
        let (expected, found) = (cohort.maps(), feed.features().len());
        if expected != found {
            return Err(Error::MissingSample { index: expected.max(found) - 1, count: expected.min(found) });
        }
        if cohort.test().is_empty() {
            return Err(Error::setting("the number of test images", 0, "hold some back"));
        }
        let there = cohort.folds();
        if self.folds > there.len() || self.folds == 1 {
            return Err(Error::Setting {
                setting: "the number of folds",
                value: format!("{}, but the images are in {}", self.folds, there.len()),
                remedy: "validate at least two of those there are, or none",
            });
        }
        match &self.tested {
            TestedModel::WeightedFolds(weights)
                if weights.len() != self.folds || weights.iter().all(|weight| *weight == 0.0) =>
            {
                return Err(Error::setting(
                    "the number of weights of folds",
                    format!("{} for {} folds", weights.len(), self.folds),
                    "write one for each, not all of them 0",
                ));
            }
            TestedModel::RefitForMedianBest if self.folds == 0 => {
                return Err(Error::setting(
                    "the number of folds",
                    0,
                    "validate some, or refit for all epochs: the best epoch is that of folds",
                ));
            }
            _ => {}
        }
        // Positions among all images become positions among those trained on.
        let training = cohort.training();
        let places = |positions: &[usize]| {
            let place = |position: &usize| training.partition_point(|other| other < position);
            positions.iter().map(place).collect()
        };
        let among_training =
            |fold: &Fold| Fold { held_out: places(&fold.held_out), validation: places(&fold.validation) };
        Ok(there[..self.folds].iter().map(among_training).collect())
    }

    /// How long the model is trained that is trained on everything; `None` if there is none.
    fn refit_epochs(&self, records: &[ModelRecord]) -> Result<Option<usize>, Error> {
        match &self.tested {
            TestedModel::Refit => Ok(Some(self.training.epochs)),
            TestedModel::WeightedFolds(_) => Ok(None),
            TestedModel::RefitForMedianBest => {
                let none = || Error::setting("the number of folds", 0, "validate some");
                median_best_epoch(records).ok_or_else(none).map(Some)
            }
        }
    }
}

const PREDICTIONS: &str = "predictions.csv";

fn require_same_classes(head: &Classes, cohort: &Classes) -> Result<(), Error> {
    head.columns_of(cohort)?;
    if head == cohort {
        return Ok(());
    }
    Err(Error::setting("the order of the images' classes", cohort, "use the head's"))
}

/// A protocol at work.
struct Run<'a> {
    protocol: &'a Protocol,
    cohort: &'a Cohort,
    trainings: Trainings<'a>,
    /// Numbers of the test images' feature maps.
    test: Vec<usize>,
}

impl Run<'_> {
    /// Writes what each fold says about its validation images; and gives what those that are tested say about the test images,
    /// with their weights.
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
            record.folds.push(FoldRecord::new(index + 1, trained, &folder.join("model.json"), hash)?);
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

/// Counts steps, so that the time left can be told.
struct Steps {
    /// For each training the steps of an epoch and the most epochs.
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

    /// The refit takes so many epochs.
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
            Event::Resumed { epochs } => epochs * steps,
            Event::Step { epoch, step, .. } => (epoch - 1) * steps + step,
            Event::Epoch(record) => record.epoch * steps,
        };
        TrainingProgress { stage, epochs, event, steps: all, steps_ahead: ahead.saturating_sub(behind) }
    }
}
