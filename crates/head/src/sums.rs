//! Sums of losses and right answers over batches.

use radiograph_protocol::Scores;
use serde::{Deserialize, Serialize};

/// Sums over batches. Their quotients do not depend on how samples are divided into batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Numerators of the losses.
    loss: f64,
    /// Denominators of the losses.
    weight: f64,
    right: f64,
    samples: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, batch: BatchScores) {
        let BatchScores { loss, weight, right, samples } = batch;
        self.loss += loss * weight;
        self.weight += weight;
        self.right += right;
        self.samples += samples;
    }

    pub(crate) fn scores(&self) -> Scores {
        Scores { loss: self.loss / self.weight, accuracy: self.right / self.samples }
    }
}

/// Scores of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BatchScores {
    pub(crate) loss: f64,
    /// Denominator of the loss: the sum of the weights of the samples.
    pub(crate) weight: f64,
    /// Number of samples with the greatest logit at their label.
    pub(crate) right: f64,
    pub(crate) samples: f64,
}
