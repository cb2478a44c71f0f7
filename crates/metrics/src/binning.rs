//! Divides scores into bins, and counts the outcomes in them.

use serde::{Deserialize, Serialize};

use crate::{BinaryScores, Error, Predictions, Undefined, weight::Weight};

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
    pub(crate) fn sums<W: Weight>(&self, weight: impl Fn(usize) -> W) -> Vec<BinSum<W>> {
        let empty = |number| BinSum {
            number,
            samples: W::default(),
            positives: W::default(),
            confidence: 0.0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        };
        let mut sums: Vec<BinSum<W>> = (0..self.bins).map(empty).collect();
        for (index, &(confidence, positive, bin)) in self.samples.iter().enumerate() {
            let weight = weight(index);
            if weight != W::default() {
                let sum = &mut sums[usize::from(bin)];
                sum.samples += weight;
                sum.positives += weight.only_if(positive);
                sum.confidence += weight.get() * confidence;
                sum.lowest = sum.lowest.min(confidence);
                sum.highest = sum.highest.max(confidence);
            }
        }
        sums.retain(|sum| sum.samples != W::default());
        sums
    }
}

/// Weighted samples of a bin, at least one.
pub(crate) struct BinSum<W> {
    pub(crate) number: usize,
    pub(crate) samples: W,
    pub(crate) positives: W,
    /// Sum over the samples.
    confidence: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

impl<W: Weight> BinSum<W> {
    /// Mean score.
    pub(crate) fn confidence(&self) -> f64 {
        self.confidence / self.samples.get()
    }

    /// Positives / samples.
    pub(crate) fn rate(&self) -> f64 {
        self.positives.get() / self.samples.get()
    }
}

impl Predictions {
    /// For each sample, whether the predicted class is right, and its probability: the question of a reliability diagram.
    ///
    /// # Errors
    ///
    /// [`Undefined::NoWeightedForm`](crate::Undefined::NoWeightedForm) if the samples have weights.
    pub fn top_label(&self) -> Result<BinaryScores, Undefined> {
        match self.weights() {
            Some(_) => Err(Undefined::NoWeightedForm),
            None => Ok(self.confidences()),
        }
    }

    /// The [`top_label`](Self::top_label) scores without the weights.
    pub(crate) fn confidences(&self) -> BinaryScores {
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
