//! A number computed from weighted samples, for resampling and permutation.

use crate::Undefined;

/// A number that depends on the weight of each sample.
///
/// Resampling with replacement then only changes weights; nothing is copied or sorted again. Any closure `Fn(&[u32]) ->
/// Result<f64, Undefined>` is a statistic; [`Metric::prepare`](crate::Metric::prepare) makes one of every metric.
pub trait Statistic: Sync {
    /// The number when sample `i` counts `weights[i]` times; samples of weight 0 are absent.
    ///
    /// # Errors
    ///
    /// Undefined if the weighted samples do not define it.
    fn weighted(&self, weights: &[u32]) -> Result<f64, Undefined>;
}

impl<F: Fn(&[u32]) -> Result<f64, Undefined> + Sync> Statistic for F {
    fn weighted(&self, weights: &[u32]) -> Result<f64, Undefined> {
        self(weights)
    }
}
