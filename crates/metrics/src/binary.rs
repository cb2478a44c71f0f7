//! Truth and scores of a binary question: one class against the rest, or any detector.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryCounts, Error, Score,
    ranking::{Ranking, Step},
};

/// Limit on the number of samples, because they are numbered in 32 bits and pairs of them counted in 64.
pub const MAX_SAMPLES: usize = 500_000_000;

/// For each sample, whether it is positive, and a finite score that is higher the more positive the sample looks.
///
/// ```
/// use radiograph_metrics::BinaryScores;
///
/// let scores = BinaryScores::new(&[true, true, false, false], &[0.9, 0.4, 0.4, 0.1])?;
/// assert_eq!(scores.auc(), Ok(0.875)); // the tie between a positive and a negative counts half
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BinaryScores {
    positive: Vec<bool>,
    scores: Vec<f64>,
}

/// Serialised form, checked again when it is read.
#[derive(Serialize, Deserialize)]
struct Written {
    positive: Vec<bool>,
    scores: Vec<f64>,
}

impl TryFrom<Written> for BinaryScores {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        Self::new(&written.positive, &written.scores)
    }
}

impl From<BinaryScores> for Written {
    fn from(BinaryScores { positive, scores }: BinaryScores) -> Self {
        Self { positive, scores }
    }
}

impl BinaryScores {
    /// Truth first, scores second. Scores need not be probabilities.
    ///
    /// # Errors
    ///
    /// If the lists differ in length or hold fewer than two samples, or at the first score that is not finite.
    pub fn new(positive: &[bool], scores: &[f64]) -> Result<Self, Error> {
        if positive.len() != scores.len() {
            return Err(Error::LengthMismatch {
                what: "the list of scores".to_owned(),
                expected: positive.len(),
                got: scores.len(),
            });
        }
        if positive.len() < 2 {
            return Err(Error::TooFewSamples { got: positive.len() });
        }
        if positive.len() > MAX_SAMPLES {
            let (got, limit) = (positive.len() as u64, MAX_SAMPLES as u64);
            return Err(Error::TooLarge { what: "samples", got, limit });
        }
        if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
            return Err(Error::InvalidScore { index, value: scores[index] });
        }
        Ok(Self::checked(positive.to_vec(), scores.to_vec()))
    }

    /// Lists that are known to be equally long and finite.
    pub(crate) fn checked(positive: Vec<bool>, scores: Vec<f64>) -> Self {
        Self { positive, scores }
    }

    /// Refuses scores that are no probabilities.
    pub(crate) fn check_probabilities(&self) -> Result<(), Error> {
        match self.scores.iter().position(|score| !(0.0..=1.0).contains(score)) {
            Some(index) => Err(Error::NotAProbability { index, value: self.scores[index] }),
            None => Ok(()),
        }
    }

    /// Whether each sample is positive.
    #[must_use]
    pub fn positive(&self) -> &[bool] {
        &self.positive
    }

    /// The scores.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there is no sample. Only the scores of an empty selection of predictions can be empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Area under the ROC curve: the chance that a positive scores above a negative, ties counted half. O(N log N).
    ///
    /// # Errors
    ///
    /// Undefined unless there is a positive and a negative.
    pub fn auc(&self) -> Score {
        self.ranking().auc(|_| 1_u64)
    }

    /// Average precision: Σ (recall gained at a threshold) × (precision there), over distinct thresholds. O(N log N).
    ///
    /// # Errors
    ///
    /// Undefined without a positive.
    pub fn average_precision(&self) -> Score {
        self.ranking().average_precision(|_| 1_u64)
    }

    /// The counts when samples at or above `threshold` are called positive; with `None`, no sample is.
    #[must_use]
    pub fn at_threshold(&self, threshold: Option<f64>) -> BinaryCounts {
        let mut counts = BinaryCounts::default();
        for (&positive, &score) in self.positive.iter().zip(&self.scores) {
            let slot = match (positive, threshold.is_some_and(|threshold| score >= threshold)) {
                (true, true) => &mut counts.true_positives,
                (false, true) => &mut counts.false_positives,
                (true, false) => &mut counts.false_negatives,
                (false, false) => &mut counts.true_negatives,
            };
            *slot += 1;
        }
        counts
    }

    /// The samples at or above each distinct score, from the highest down, and all positives and negatives.
    pub(crate) fn steps(&self) -> (Vec<Step<u64>>, u64, u64) {
        let mut steps = Vec::new();
        let (positives, negatives) = self.ranking().walk(|_| 1_u64, |step| steps.push(step));
        (steps, positives, negatives)
    }

    pub(crate) fn ranking(&self) -> Ranking {
        Ranking::new(
            (0..).zip(&self.positive).zip(&self.scores).map(|((i, &positive), &score)| (i, positive, score)),
        )
    }
}
