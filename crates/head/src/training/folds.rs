//! Runs cross-validation and refitting: several trainings, each in its own folder, each ending with a model.
//!
//! A killed run resumes in the fold and epoch where it stopped.

use std::{ops::ControlFlow, path::Path};

use radiograph_classes::Classes;
use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use radiograph_protocol::{Fold, FoldStart, HeadConfig, ModelRecord, TrainingConfig};
use radiograph_random::Stream;

use crate::{
    ConfiguredHead, End, Error, Event, Feed, Fit, Model, Samples,
    kept::{Beginning, LockedFolder, Settings, remove_checkpoint},
};

/// Trainings of one kind of head on parts of one set of samples.
#[derive(Clone, Copy)]
pub struct Trainings<'a> {
    /// Settings of every head.
    pub head: &'a HeadConfig,
    /// Settings of every training. Each training derives its own seed from this one's.
    pub config: &'a TrainingConfig,
    /// Source of features; heads live on its device.
    pub feed: &'a Feed<'a>,
    /// All training samples. Folds hold some of them out.
    pub samples: &'a Samples,
    /// Origin of the features.
    pub key: &'a ExtractionKey,
    /// Folder of the models: `fold-1`, `fold-2`, … and that of the refit.
    pub folder: &'a Path,
}

/// Observer of several trainings: the fold, from 1, and its event.
pub type Observer<'o> = dyn FnMut(usize, Event<'_>) -> ControlFlow<()> + 'o;

impl Trainings<'_> {
    /// For each fold, trains on all samples outside it and validates on its validation samples. Returns `None` if the
    /// observer ended the run.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than two folds, a fold without validation samples, a validation sample that is not
    /// held out, or a sample in two folds; otherwise those of [`Fit::run`].
    pub fn cross_validate(
        &self,
        folds: &[Fold],
        start: FoldStart,
        observe: &mut Observer<'_>,
    ) -> Result<Option<Vec<ModelRecord>>, Error> {
        let parts = self.parts(folds)?;
        let mut records: Vec<ModelRecord> = Vec::new();
        for (number, part) in (1..).zip(&parts) {
            match self.fold(number, part, start, &mut |event| observe(number, event))? {
                Some(record) => records.push(record),
                None => return Ok(None),
            }
        }
        Ok(Some(records))
    }

    /// The training of one fold, `number`, counted from 1. A chained fold needs the model of the fold before.
    ///
    /// # Errors
    ///
    /// As [`Self::cross_validate`]; [`Error::Setting`] if there is no such fold, or not yet the model of the fold before.
    pub fn train_fold(
        &self,
        folds: &[Fold],
        number: usize,
        start: FoldStart,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let parts = self.parts(folds)?;
        let part = number.checked_sub(1).and_then(|index| parts.get(index));
        let remedy = "write a number from 1 to the number of folds";
        let part = part.ok_or_else(|| Error::setting("the number of the fold", number, remedy))?;
        self.fold(number, part, start, observe)
    }

    fn fold(
        &self,
        number: usize,
        (training, validation): &(Samples, Samples),
        start: FoldStart,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let before = match start {
            FoldStart::Chained if number > 1 => {
                let before = format!("fold-{}", number - 1);
                let record = ModelRecord::read(&self.folder.join(&before))?;
                let untrained = || Error::setting("a chained fold", number, "train the fold before it first");
                Some((before, record.ok_or_else(untrained)?.weights))
            }
            _ => None,
        };
        let task = Task {
            name: &format!("fold-{number}"),
            before: before.as_ref().map(|(name, weights)| (name.as_str(), *weights)),
            training,
            validation: Some(validation),
        };
        self.train(&task, self.config, observe)
    }

    /// Trains on all samples with these settings, without validation, into the folder `name`. The seed is derived from
    /// that of the settings. [`Protocol::refit_training`](radiograph_protocol::Protocol::refit_training) gives the
    /// settings that follow from folds.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit(
        &self,
        name: &str,
        config: &TrainingConfig,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        let task = Task { name, before: None, training: self.samples, validation: None };
        self.train(&task, config, observe)
    }

    /// [`Self::refit`] into [`Self::folder`] itself.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::run`].
    pub fn refit_here(
        &self,
        config: &TrainingConfig,
        observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ModelRecord>, Error> {
        self.refit("", config, observe)
    }

    /// The model of the training with this name; with an empty name, that of [`Self::refit_here`].
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
        // The validation samples of a chained fold were trained on in the fold before.
        let weights = task.before.map(|(_, weights)| weights);
        let beginning = Beginning { weights, contaminated: weights.is_some() };
        let settings = fit.settings(ConfiguredHead::settings_of(self.head), beginning)?;
        let locked = LockedFolder::of_training(&folder)?;
        if let Some(record) = finished(&settings, &folder)? {
            // A process killed right after it wrote the model left its checkpoint.
            remove_checkpoint(&folder)?;
            return Ok(Some(record));
        }
        let head = match task.before {
            Some((before, _)) => self.model(before)?.into_head(),
            None => ConfiguredHead::new(self.head.clone(), seed, self.feed.device())?,
        };
        let fitted = fit.run_from(beginning, head, Some(&locked), observe)?;
        if fitted.end == End::Broken {
            return Ok(None);
        }
        let record = Model::new(fitted.head, fitted.history, &settings).write(&folder)?;
        // The model holds all of the checkpoint except the optimiser's state.
        remove_checkpoint(&folder)?;
        Ok(Some(record))
    }
}

/// The record of a model that was trained with these settings, if there is one. A training that early stopping ended
/// would have ended alike with another maximum number of epochs, and its record gets that number.
fn finished(settings: &Settings<'_>, folder: &Path) -> Result<Option<ModelRecord>, Error> {
    let Some(mut record) = ModelRecord::read(folder)? else { return Ok(None) };
    let path = folder.join(ModelRecord::FILE);
    settings.require(&Settings::of_model(&record), &path)?;
    let (asked, found) = (settings.training.epochs, record.training.epochs);
    if asked != found {
        let done = record.history.epochs().len();
        if !record.training.stops_early(&record.history) || done > asked {
            let field = "training.epochs".to_owned();
            let (expected, found) = (asked.to_string(), found.to_string());
            return Err(Error::Foreign { path, field, expected, found });
        }
        record.training.epochs = asked;
        record.write(folder)?;
    }
    Ok(Some(record))
}

/// One training of several.
struct Task<'a> {
    name: &'a str,
    /// Training whose final weights are this one's first weights, and their hash.
    before: Option<(&'a str, ContentHash)>,
    training: &'a Samples,
    validation: Option<&'a Samples>,
}

#[cfg(test)]
mod tests;
