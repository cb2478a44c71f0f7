//! A number computed from weighted samples: what resampling and permutation can work on.

use crate::Undefined;

/// A number that depends on how often each sample counts.
///
/// Resampling with replacement is then a change of weights: nothing is copied or sorted again. Any closure
/// `Fn(&[u32]) -> Result<f64, Undefined>` is one; [`Metric::prepare`](crate::Metric::prepare) makes one of every metric.
pub trait Statistic: Sync {
    /// The number if sample `i` counts `weights[i]` times; samples of weight 0 are absent.
    ///
    /// # Errors
    ///
    /// Undefined where the weighted samples leave it so.
    fn weighted(&self, weights: &[u32]) -> Result<f64, Undefined>;
}

impl<F: Fn(&[u32]) -> Result<f64, Undefined> + Sync> Statistic for F {
    fn weighted(&self, weights: &[u32]) -> Result<f64, Undefined> {
        self(weights)
    }
}
