//! Cross-validation and refitting: several trainings in folders of their own, each finished by a model. A run that is
//! killed goes on in the fold, and in the epoch, where it was.

use std::{ops::ControlFlow, path::Path};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use radiograph_random::Stream;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Event, Feed, Fit, Head, HeadConfig, Model, ModelRecord, Samples, TrainingConfig,
    kept::{Beginning, Checkpoints},
};

/// How the folds of a cross-validation begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldStart {
    /// Each from fresh weights of its own.
    #[default]
    Independent,
    /// Each from the weights that the fold before ended with, as the released code does: what validates a fold was trained on
    /// in the one before, so from the second fold on scores are contaminated, and recorded as such.
    Chained,
}

/// One turn of a cross-validation, by positions of samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Those that are not trained on.
    pub held_out: Vec<usize>,
    /// Those of them that validate. An image that was made from another one is held out with it, but validates nothing.
    pub validation: Vec<usize>,
}

impl From<Vec<usize>> for Fold {
    /// All that is held out validates.
    fn from(held_out: Vec<usize>) -> Self {
        Self { validation: held_out.clone(), held_out }
    }
}

/// Trainings of one kind of head on parts of one set of samples.
#[derive(Clone, Copy)]
pub struct Trainings<'a> {
    /// What every head is made of.
    pub head: &'a HeadConfig,
    /// How every head is trained. Each training derives a seed of its own from this one's.
    pub config: &'a TrainingConfig,
    /// Where features come from; heads live on its device.
    pub feed: &'a Feed<'a>,
    /// All training samples, of which folds hold some back.
    pub samples: &'a Samples,
    /// How the features were made.
    pub key: &'a ExtractionKey,
    /// Where models go: `fold-1`, `fold-2`, … and what refitting is told.
    pub folder: &'a Path,
}

/// What a sequence of trainings tells: the fold, from 1, and its event.
pub type Observer<'o> = dyn FnMut(usize, Event<'_>) -> ControlFlow<()> + 'o;

impl Trainings<'_> {
    /// Trains on all samples but those of one fold, and validates on these; for every fold in turn. `None` if the observer
    /// broke it off.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than two folds, a fold that validates nothing, a sample that validates without being
    /// held out, or one in two folds; else those of [`Fit::run`].
    pub fn cross_validate(
        &self,
        folds: &[Fold],
        start: FoldStart,
        observe: &mut Observer<'_>,
    ) -> Result<Option<Vec<ModelRecord>>, Error> {
        let parts = self.parts(folds)?;
        let mut records: Vec<ModelRecord> = Vec::new();
        for (index, (training, validation)) in parts.iter().enumerate() {
            let number = index + 1;
            let before = match (start, records.last()) {
                (FoldStart::Chained, Some(last)) => Some((format!("fold-{index}"), last.weights())),
                _ => None,
            };
            let task = Task {
                name: &format!("fold-{number}"),
                before: before.as_ref().map(|(name, weights)| (name.as_str(), *weights)),
                training,
                validation: Some(validation),
            };
            match self.train(&task, self.config, &mut |event| observe(number, event))? {
                Some(record) => records.push(record),
                None => return Ok(None),
            }
        }
        Ok(Some(records))
    }

    /// Trains on all samples for so many epochs, without validation, into the folder `name`.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit(
        &self,
        name: &str,
        epochs: usize,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let config = TrainingConfig { epochs, patience: None, ..self.config.clone() };
        let task = Task { name, before: None, training: self.samples, validation: None };
        self.train(&task, &config, observe)
    }

    /// [`Self::refit`] into the folder itself, beside those of the folds.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit_here(
        &self,
        epochs: usize,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        self.refit("", epochs, observe)
    }

    /// The model that a training of this name ended with; without a name, that of [`Self::refit_here`].
    ///
    /// # Errors
    ///
    /// Those of [`Model::load`].
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        Model::load(&self.folder.join(name), self.key, self.classes(), self.feed.device())
    }

    fn classes(&self) -> &Classes {
        &self.head.classes
    }

    fn parts(&self, folds: &[Fold]) -> Result<Vec<(Samples, Samples)>, Error> {
        if folds.len() < 2 {
            return Err(Error::setting("the number of folds", folds.len(), "write at least 2"));
        }
        let mut fold_of = vec![None; self.samples.len()];
        for (fold, Fold { held_out, validation }) in folds.iter().enumerate() {
            if validation.is_empty() {
                return Err(Error::setting(
                    "the number of samples that a fold validates",
                    0,
                    "use fewer folds",
                ));
            }
            for &index in held_out {
                let count = self.samples.len();
                let place = fold_of.get_mut(index).ok_or(Error::MissingSample { index, count })?;
                if place.replace(fold).is_some() {
                    return Err(Error::setting(
                        "a sample in two folds",
                        index,
                        "hold every sample back at most once",
                    ));
                }
            }
            if let Some(index) = validation.iter().find(|index| fold_of.get(**index) != Some(&Some(fold))) {
                return Err(Error::setting(
                    "a sample that validates a fold but is trained on",
                    index,
                    "hold it out",
                ));
            }
        }
        let part = |fold: usize| {
            let rest: Vec<usize> =
                (0..fold_of.len()).filter(|&position| fold_of[position] != Some(fold)).collect();
            Ok((self.samples.subset(&rest)?, self.samples.subset(&folds[fold].validation)?))
        };
        (0..folds.len()).map(part).collect()
    }

    fn train(
        &self,
        task: &Task<'_>,
        config: &TrainingConfig,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let folder = self.folder.join(task.name);
        let seed = Stream::new(config.seed, &format!("training.{}", task.name)).bits();
        let config = TrainingConfig { seed, ..config.clone() };
        let fit = Fit {
            feed: self.feed,
            training: task.training,
            validation: task.validation,
            config: &config,
            key: self.key,
            folder: Some(&folder),
        };
        // What validates a chained fold was trained on in the fold before.
        let weights = task.before.map(|(_, weights)| weights);
        let beginning = Beginning { weights, contaminated: weights.is_some() };
        let settings = fit.settings(self.head, beginning);
        if let Some(record) = Model::record_in(&folder)? {
            settings.require(&record.settings(), &folder.join("model.json"))?;
            // Whoever was killed right after the model was written has left them.
            Checkpoints::remove(&folder)?;
            return Ok(Some(record));
        }
        let head = match task.before {
            Some((before, _)) => self.model(before)?.into_head(),
            None => Head::new(self.head.clone(), seed, self.feed.device())?,
        };
        let fitted = fit.run_from(beginning, head, observe)?;
        if fitted.end == crate::End::Broken {
            return Ok(None);
        }
        let record = Model::new(fitted, &settings).write(&folder)?;
        // The model says all that the checkpoint did, but for the optimiser's state.
        Checkpoints::remove(&folder)?;
        Ok(Some(record))
    }
}

/// One training of several.
struct Task<'a> {
    name: &'a str,
    /// The training whose weights it begins with, and the hash of these.
    before: Option<(&'a str, ContentHash)>,
    training: &'a Samples,
    validation: Option<&'a Samples>,
}

/// The median of the best epochs of folds, the lower of two middle ones; `None` if nothing was validated.
pub fn median_best_epoch(folds: &[ModelRecord]) -> Option<usize> {
    let mut epochs: Vec<usize> = folds.iter().filter_map(|record| record.history.best_epoch()).collect();
    epochs.sort_unstable();
    epochs.get(epochs.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests;
