//! Says when a training ends.

use serde::{Deserialize, Serialize};

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Stopping {
    /// Largest magnitude in the gradient of the mean loss at which training has converged.
    pub tolerance: f64,
    /// Maximum number of iterations.
    pub iterations: usize,
}

impl Default for Stopping {
    fn default() -> Self {
        Self { tolerance: 1e-7, iterations: 10_000 }
    }
}
