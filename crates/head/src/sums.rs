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
    /// Adds a batch with this loss, the loss's denominator, and this number of right answers.
    pub(crate) fn add(&mut self, loss: f64, weight: f64, right: i64, samples: usize) {
        self.loss += loss * weight;
        self.weight += weight;
        self.right += right as f64;
        self.samples += samples as f64;
    }

    pub(crate) fn scores(&self) -> Scores {
        Scores { loss: self.loss / self.weight, accuracy: self.right / self.samples }
    }
}
