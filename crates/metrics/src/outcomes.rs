//! Scores of the four outcomes of a binary decision, whose weights need not be whole.

use crate::{Score, Undefined, score::quotient};

/// The weight of the samples with each of the four outcomes: their numbers, or sums of their weights.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcomes {
    pub(crate) true_positives: f64,
    pub(crate) false_positives: f64,
    pub(crate) false_negatives: f64,
    pub(crate) true_negatives: f64,
}

impl Outcomes {
    pub(crate) fn support(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    fn predicted(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    fn total(&self) -> f64 {
        self.support() + self.false_positives + self.true_negatives
    }

    pub(crate) fn accuracy(&self) -> Score {
        quotient(self.true_positives + self.true_negatives, self.total(), Undefined::NoSample)
    }

    pub(crate) fn precision(&self) -> Score {
        quotient(self.true_positives, self.predicted(), Undefined::NeverPredicted)
    }

    pub(crate) fn recall(&self) -> Score {
        quotient(self.true_positives, self.support(), Undefined::NoPositive)
    }

    pub(crate) fn specificity(&self) -> Score {
        quotient(self.true_negatives, self.true_negatives + self.false_positives, Undefined::NoNegative)
    }

    pub(crate) fn negative_predictive_value(&self) -> Score {
        quotient(self.true_negatives, self.true_negatives + self.false_negatives, Undefined::NeverNegative)
    }

    pub(crate) fn f_score(&self, beta: f64) -> Score {
        let square = beta * beta;
        let hits = (1.0 + square) * self.true_positives;
        let all = hits + square * self.false_negatives + self.false_positives;
        quotient(hits, all, Undefined::Absent)
    }

    pub(crate) fn matthews_correlation(&self) -> Score {
        let (negative, rejected) =
            (self.false_positives + self.true_negatives, self.false_negatives + self.true_negatives);
        if self.total() == 0.0 {
            return Err(Undefined::NoSample);
        }
        if self.support() == 0.0 || negative == 0.0 {
            return Err(Undefined::ConstantTruth);
        }
        if self.predicted() == 0.0 || rejected == 0.0 {
            return Err(Undefined::ConstantPrediction);
        }
        let covariance =
            self.true_positives * self.true_negatives - self.false_positives * self.false_negatives;
        // Two roots, because the product of four large counts could overflow.
        let scale = (self.support() * negative).sqrt() * (self.predicted() * rejected).sqrt();
        Ok((covariance / scale).clamp(-1.0, 1.0))
    }

    pub(crate) fn pooled(each: impl IntoIterator<Item = Self>) -> Self {
        each.into_iter().fold(Self::default(), |sum, of| Self {
            true_positives: sum.true_positives + of.true_positives,
            false_positives: sum.false_positives + of.false_positives,
            false_negatives: sum.false_negatives + of.false_negatives,
            true_negatives: sum.true_negatives + of.true_negatives,
        })
    }
}
