//! A score with its interval.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Interval, Score, Undefined, as_value};

/// A score with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The score of all samples.
    #[serde(with = "as_value")]
    pub score: Score,
    /// Its interval.
    #[serde(with = "as_value")]
    pub interval: Result<Interval, Undefined>,
    /// Replicates in which the score was undefined; they are left out of the interval. Above 5 % of them there is none.
    pub undefined_replicates: u32,
    /// Number of replicates; 0 if the interval is not from resampling.
    #[serde(default)]
    pub replicates: u32,
}

/// Share of undefined resamples above which an estimate shows it.
const SHOWN_ABOVE: f64 = 0.01;

/// Share of undefined resamples above which there is no interval.
pub(crate) const REFUSED_ABOVE: f64 = 0.05;

impl Estimate {
    /// A score with an interval that is not from resampling.
    pub(crate) fn without_resampling(score: Score, interval: Result<Interval, Undefined>) -> Self {
        let interval = score.map_err(|_| Undefined::EstimateUndefined).and(interval);
        Self { score, interval, undefined_replicates: 0, replicates: 0 }
    }

    /// The share of resamples in which the score was undefined, if it is above 1 %: they were left out, so the interval is
    /// that of the other resamples.
    #[must_use]
    pub fn undefined_share(&self) -> Option<f64> {
        let share = f64::from(self.undefined_replicates) / f64::from(self.replicates.max(1));
        (share > SHOWN_ABOVE).then_some(share)
    }
}

impl fmt::Display for Estimate {
    /// Writes `0.9123 [0.8801, 0.9377]`, or the reason why it is undefined; and the share of undefined resamples above 1 %.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.score, &self.interval) {
            (Ok(score), Ok(interval)) => {
                write!(formatter, "{score:.4} [{:.4}, {:.4}]", interval.low, interval.high)?;
                match self.undefined_share() {
                    Some(share) => write!(formatter, " ({:.1} % of resamples undefined)", 100.0 * share),
                    None => Ok(()),
                }
            }
            (Ok(score), Err(reason)) => write!(formatter, "{score:.4} (no interval: {reason})"),
            (Err(reason), _) => write!(formatter, "({reason})"),
        }
    }
}
