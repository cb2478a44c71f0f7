//! The settings of one training. The settings of the head are in `HeadConfig`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Clipping, History, OptimizerConfig, ProtocolError, Schedule};

/// The settings of a training. [`crate::Preset::training`] gives those of each preset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingConfig {
    /// Optimiser.
    pub optimizer: OptimizerConfig,
    /// Learning-rate schedule.
    pub schedule: Schedule,
    /// Gradient clipping.
    pub clipping: Option<Clipping>,
    /// Batch size. The last step of an epoch takes the remaining samples.
    pub batch: usize,
    /// Maximum number of epochs, 1 to 1,000,000.
    pub epochs: usize,
    /// Early stopping: maximum number of epochs without a new minimum of the validation loss; `None` never stops early.
    pub patience: Option<usize>,
    /// Weights that the training ends with.
    pub keep: Keep,
    /// Weight of each class in the loss, by name; all of them or none.
    pub class_weights: Option<BTreeMap<String, f64>>,
    /// Least number of seconds between two checkpoints, and at least twenty times what writing one takes; 0 writes one after the
    /// other. It changes no result, so records leave it out.
    #[serde(skip, default = "default_checkpoint_seconds")]
    pub checkpoint_seconds: u64,
    /// Label smoothing: share of the target that all classes divide among them, 0 to below 1 (Szegedy et al., 2016). It
    /// changes the training loss alone; validation losses are plain.
    pub label_smoothing: f64,
    /// Number of samples that are shuffled together while the features are read shard after shard: at least one batch.
    /// Twice as many are in memory. `None` shuffles all samples and reads them one by one. Records without it are of
    /// `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffle_buffer: Option<usize>,
    /// Seed of first weights, sample order, variants and dropout.
    pub seed: u64,
}

const fn default_checkpoint_seconds() -> u64 {
    TrainingConfig::CHECKPOINT_SECONDS
}

/// Limit on epochs. Settings come from files, so limits are explicit.
const MOST_EPOCHS: usize = 1_000_000;

/// The weights that a training ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Keep {
    /// Weights of the first epoch with the lowest validation loss; without validation, those of the last epoch.
    Best,
    /// Weights of the last epoch.
    Last,
}

impl TrainingConfig {
    /// Default of [`Self::checkpoint_seconds`].
    pub const CHECKPOINT_SECONDS: u64 = 60;

    /// Whether early stopping ends a training with this history.
    pub fn stops_early(&self, history: &History) -> bool {
        self.patience.is_some_and(|patience| history.without_gain() >= patience)
    }

    /// Refuses settings out of their range. Needs no samples, so it can run before any work.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] if a setting is out of its range.
    pub fn check(&self) -> Result<(), ProtocolError> {
        self.optimizer.check()?;
        self.schedule.check()?;
        self.clipping.map_or(Ok(()), Clipping::check)?;
        if !(1..=MOST_EPOCHS).contains(&self.epochs) {
            return Err(ProtocolError::setting(
                "the number of epochs",
                self.epochs,
                "write a number from 1 to 1,000,000",
            ));
        }
        if self.batch == 0 {
            return Err(ProtocolError::setting("the batch", 0, "write at least 1 sample"));
        }
        if self.shuffle_buffer == Some(0) {
            return Err(ProtocolError::setting(
                "the shuffle buffer",
                0,
                "write at least 1 sample, or none to shuffle all",
            ));
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return Err(ProtocolError::setting(
                "the label smoothing",
                self.label_smoothing,
                "write a number from 0 to below 1",
            ));
        }
        if self.patience == Some(0) {
            return Err(ProtocolError::setting(
                "the patience",
                0,
                "write at least 1 epoch, or none to never stop early",
            ));
        }
        self.class_weights.as_ref().map_or(Ok(()), check_class_weights)
    }
}

/// Refuses class weights that are not finite numbers above 0.
///
/// # Errors
///
/// [`ProtocolError::Setting`] with the first such weight.
pub fn check_class_weights(weights: &BTreeMap<String, f64>) -> Result<(), ProtocolError> {
    match weights.values().find(|value| !(**value > 0.0 && value.is_finite())) {
        Some(wrong) => Err(ProtocolError::setting("a class weight", wrong, "write a finite number above 0")),
        None => Ok(()),
    }
}
