//! Settings and thresholds of an audit.

use radiograph_probe::Stopping;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Smallest AUC that is called a shortcut: a small effect, Cohen's d = 0.2 (Rice and Harris 2005,
/// doi:10.1007/s10979-005-6832-7).
pub const SMALL_EFFECT: f64 = 0.56;

/// AUC that a probe must be able to show, and that its interval must exclude, before it says "not found": a medium
/// effect, Cohen's d = 0.5 (same source).
pub const MEDIUM_EFFECT: f64 = 0.64;

/// Chance of a false alarm among all probes together, after Holm's correction.
pub const FALSE_ALARMS: f64 = 0.05;

/// Chance to find an effect of the size that is called detectable.
pub const POWER: f64 = 0.8;

/// Settings of an audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Settings {
    /// Seed of permutations and resamples.
    pub seed: u64,
    /// Number of permutations of test labels behind a p-value, at least 99; never fewer than 40 for each measurement that
    /// decides, so that corrected p-values can be small.
    pub permutations: u32,
    /// Number of bootstrap resamples behind an interval, at least 100.
    pub replicates: u32,
    /// Number of refits with permuted labels, as a control of the whole procedure.
    pub controls: u32,
    /// Number of folds that choose the penalty, at least 2.
    pub folds: usize,
    /// Inverse penalties that are tried.
    pub penalties: Vec<f64>,
    /// End of the training of a linear probe.
    pub stopping: Stopping,
    /// Shares of the picture's area that are blacked out from the centre, 0 to below 1, beside the share that decides.
    pub shares: Vec<f64>,
}

impl Default for Settings {
    /// 1,999 permutations, 1,000 resamples, one control, 5 folds, five penalties, and 0, 25, 75 and 90 % blacked out.
    fn default() -> Self {
        Self {
            seed: 7,
            permutations: 1_999,
            replicates: 1_000,
            controls: 1,
            folds: 5,
            penalties: vec![1e-4, 1e-3, 1e-2, 1e-1, 1.0],
            // Scores do not change in their fourth digit below this gradient.
            stopping: Stopping { tolerance: 1e-4, iterations: 1_000 },
            shares: vec![0.0, 0.25, 0.75, 0.9],
        }
    }
}

impl Settings {
    /// Refuses settings out of their range. Penalties, folds and stopping are checked by the linear probe.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.permutations < 99 {
            let value = f64::from(self.permutations);
            return Err(Error::Setting { name: "the number of permutations", value, range: "at least 99" });
        }
        match self.shares.iter().find(|share| !(0.0..1.0).contains(*share)) {
            Some(&value) => {
                Err(Error::Setting { name: "a share that is blacked out", value, range: "from 0 to below 1" })
            }
            None => Ok(()),
        }
    }
}
