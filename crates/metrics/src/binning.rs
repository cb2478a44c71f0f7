//! Divides scores into bins, and counts the outcomes in them.

use serde::{Deserialize, Serialize};

use crate::{BinaryScores, Error, Predictions};

/// Division of the samples into bins, within which confidence and accuracy are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bins {
    /// This number of confidence intervals of equal width, each open below and closed above, the first closed on both
    /// sides.
    EqualWidth(u16),
    /// This number of bins of samples, sorted by confidence, of equal size up to one. Ties are never separated.
    EqualMass(u16),
}

impl Bins {
    /// Fifteen intervals of equal width, as in Guo et al. 2017, *On Calibration of Modern Neural Networks*.
    pub const GUO: Self = Self::EqualWidth(15);

    fn count(self) -> usize {
        usize::from(match self {
            Self::EqualWidth(count) | Self::EqualMass(count) => count,
        })
    }
}

/// Score, outcome and bin of each sample, computed once for all resamples.
pub(crate) struct Binned {
    samples: Vec<(f64, bool, u16)>,
    bins: usize,
}

impl Binned {
    /// Bins the samples by their score, which is a probability.
    pub(crate) fn of(scores: &BinaryScores, bins: Bins) -> Result<Self, Error> {
        let count = bins.count();
        if count == 0 {
            return Err(Error::InvalidSetting {
                name: "the number of bins",
                value: 0.0,
                range: "at least 1",
            });
        }
        let mut samples: Vec<(f64, bool, u16)> = scores
            .scores()
            .iter()
            .zip(scores.positive())
            .map(|(&score, &positive)| (score, positive, 0))
            .collect();
        match bins {
            Bins::EqualWidth(_) => {
                for (confidence, _, bin) in &mut samples {
                    *bin = ((*confidence * count as f64).ceil() - 1.0).clamp(0.0, count as f64 - 1.0) as u16;
                }
            }
            Bins::EqualMass(_) => number_by_mass(&mut samples, count),
        }
        Ok(Self { samples, bins: count })
    }

    /// The number of bins, with the empty ones.
    pub(crate) fn bins(&self) -> usize {
        self.bins
    }

    /// The bin of a sample.
    pub(crate) fn bin(&self, sample: usize) -> usize {
        usize::from(self.samples[sample].2)
    }

    /// Whether the sample is positive, if it is in the bin of this number.
    pub(crate) fn outcome_in(&self, sample: usize, bin: usize) -> Option<bool> {
        (self.bin(sample) == bin).then_some(self.samples[sample].1)
    }

    /// The bins that hold samples, by rising score, when sample `i` counts `weight(i)` times.
    pub(crate) fn sums(&self, weight: impl Fn(usize) -> u64) -> Vec<BinSum> {
        let empty = |number| BinSum {
            number,
            samples: 0,
            positives: 0,
            confidence: 0.0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        };
        let mut sums: Vec<BinSum> = (0..self.bins).map(empty).collect();
        for (index, &(confidence, positive, bin)) in self.samples.iter().enumerate() {
            let weight = weight(index);
            if weight > 0 {
                let sum = &mut sums[usize::from(bin)];
                sum.samples += weight;
                sum.positives += weight * u64::from(positive);
                sum.confidence += weight as f64 * confidence;
                sum.lowest = sum.lowest.min(confidence);
                sum.highest = sum.highest.max(confidence);
            }
        }
        sums.retain(|sum| sum.samples > 0);
        sums
    }
}

/// Weighted samples of a bin, at least one.
pub(crate) struct BinSum {
    pub(crate) number: usize,
    pub(crate) samples: u64,
    pub(crate) positives: u64,
    /// Sum over the samples.
    confidence: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

impl BinSum {
    /// Mean score.
    pub(crate) fn confidence(&self) -> f64 {
        self.confidence / self.samples as f64
    }

    /// Positives / samples.
    pub(crate) fn rate(&self) -> f64 {
        self.positives as f64 / self.samples as f64
    }
}

impl Predictions {
    /// For each sample, whether the predicted class is right, and its probability: the question of a reliability diagram.
    #[must_use]
    pub fn top_label(&self) -> BinaryScores {
        let pairs = self.truth_positions().iter().zip(self.predicted_positions());
        let right = pairs.map(|(truth, predicted)| truth == predicted).collect();
        let rows = self.probabilities().values();
        let confidence = rows.outer_iter().zip(self.predicted_positions()).map(|(row, &at)| row[at as usize]);
        BinaryScores::checked(right, confidence.collect())
    }
}

fn number_by_mass(samples: &mut [(f64, bool, u16)], count: usize) {
    let confidence: Vec<f64> = samples.iter().map(|sample| sample.0).collect();
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]));
    let mut start = 0;
    for tied in order.chunk_by(|&a, &b| confidence[a] == confidence[b]) {
        // Ties go together into the bin of their middle rank.
        let middle = 2 * start + tied.len();
        let bin = (middle * count / (2 * samples.len())) as u16; // below count, which is a u16
        start += tied.len();
        for &index in tied {
            samples[index].2 = bin;
        }
    }
}
