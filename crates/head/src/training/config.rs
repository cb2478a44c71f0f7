//! What a training is told. Not what the head is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Clipping, CrossEntropy, Error, RmsProp, Samples, Schedule};

/// The settings of a training. Those of the paper and its rivals are [`crate::Preset::training`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingConfig {
    /// The optimiser.
    pub optimizer: RmsProp,
    /// Its learning rate.
    pub schedule: Schedule,
    /// Clipping of gradients.
    pub clipping: Option<Clipping>,
    /// Samples a step. The last step of an epoch takes what is left.
    pub batch: usize,
    /// At most this many passes over the training samples, 1 to 1,000,000.
    pub epochs: usize,
    /// Stop after this many epochs in which the validation loss did not fall below its least.
    pub patience: Option<usize>,
    /// Which weights a training ends with.
    pub keep: Keep,
    /// The weight of each class in the loss, by name; all of them or none.
    pub class_weights: Option<BTreeMap<String, f64>>,
    /// Write a checkpoint after every so many epochs, at least 1.
    pub checkpoint_every: usize,
    /// All that is drawn (first weights, order, variants, dropout) depends on this number alone.
    pub seed: u64,
}

/// The most epochs of a training: an explicit limit, because settings are read from files.
const MOST_EPOCHS: usize = 1_000_000;

/// Which weights a training ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Those of the epoch with the least validation loss, the first of them; the last if nothing is validated.
    Best,
    /// Those of the last epoch.
    Last,
}

impl TrainingConfig {
    /// Refuses settings that no training can have: what can be told without samples, so before any work. A training asks
    /// this itself, and then whether its samples fit.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        self.optimizer.check()?;
        self.schedule.check()?;
        self.clipping.map_or(Ok(()), Clipping::check)?;
        if !(1..=MOST_EPOCHS).contains(&self.epochs) {
            return Err(Error::setting(
                "the number of epochs",
                self.epochs,
                "write a number from 1 to 1,000,000",
            ));
        }
        if self.batch == 0 {
            return Err(Error::setting("the batch", 0, "write at least 1 sample"));
        }
        if self.checkpoint_every == 0 {
            return Err(Error::setting("the distance of checkpoints", 0, "write at least 1 epoch"));
        }
        if self.patience == Some(0) {
            return Err(Error::setting(
                "the patience",
                0,
                "write at least 1 epoch, or none to never stop early",
            ));
        }
        self.class_weights.as_ref().map_or(Ok(()), CrossEntropy::check)
    }

    /// Refuses samples that a training with these settings cannot use.
    pub(crate) fn check_samples(
        &self,
        training: &Samples,
        validation: Option<&Samples>,
    ) -> Result<(), Error> {
        if self.patience.is_some() && validation.is_none() {
            return Err(Error::setting(
                "early stopping",
                "on without validation samples",
                "give validation samples, or no patience",
            ));
        }
        training.require_all_classes()?;
        if self.batch > training.len() {
            return Err(Error::BatchTooLarge { batch: self.batch, samples: training.len() });
        }
        if validation.is_some_and(Samples::is_empty) {
            return Err(Error::setting("the number of validation samples", 0, "give some, or no validation"));
        }
        Ok(())
    }
}
