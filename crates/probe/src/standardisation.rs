//! Mean and standard deviation of each feature.

use serde::{Deserialize, Serialize};

/// Deviation, as a share of the largest magnitude, below which a feature counts as constant: the rounding of its mean.
const ROUNDING: f64 = 1e-12;

/// The mean of each feature and its standard deviation (divisor N). A constant feature has deviation 0, and probes
/// ignore it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct Standardisation {
    /// Means.
    pub mean: Vec<f64>,
    /// Standard deviations.
    pub deviation: Vec<f64>,
}

impl Standardisation {
    /// Mean and deviation of these rows.
    pub(crate) fn of<'a>(width: usize, rows: impl ExactSizeIterator<Item = &'a [f64]> + Clone) -> Self {
        let count = rows.len() as f64;
        let (mut mean, mut squares) = (vec![0.0; width], vec![0.0; width]);
        let mut largest = vec![0.0_f64; width];
        for row in rows.clone() {
            for ((mean, largest), value) in mean.iter_mut().zip(&mut largest).zip(row) {
                *mean += value;
                *largest = largest.max(value.abs());
            }
        }
        mean.iter_mut().for_each(|mean| *mean /= count);
        for row in rows {
            for ((sum, mean), value) in squares.iter_mut().zip(&mean).zip(row) {
                *sum += (value - mean) * (value - mean);
            }
        }
        let deviation = squares.iter().zip(&largest).map(|(sum, largest)| {
            let deviation = (sum / count).sqrt();
            if deviation > ROUNDING * largest { deviation } else { 0.0 }
        });
        Self { deviation: deviation.collect(), mean }
    }

    /// 1 / deviation, and 0 for a constant feature.
    pub(crate) fn factors(&self) -> Vec<f64> {
        self.deviation.iter().map(|&deviation| if deviation > 0.0 { 1.0 / deviation } else { 0.0 }).collect()
    }

    /// Brings a row into standard units.
    pub(crate) fn apply(&self, row: &mut [f64]) {
        for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *value = if *deviation > 0.0 { (*value - mean) / deviation } else { 0.0 };
        }
    }

    /// The map that first applies `self` and then `next`.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let mean = self
            .mean
            .iter()
            .zip(&self.deviation)
            .zip(&next.mean)
            .map(|((mean, scale), next)| mean + scale * next);
        let deviation = self.deviation.iter().zip(&next.deviation).map(|(first, next)| first * next);
        Self { mean: mean.collect(), deviation: deviation.collect() }
    }
}
