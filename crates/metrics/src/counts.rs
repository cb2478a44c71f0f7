//! The four counts of a binary decision (true and false positives and negatives), and the scores computed from them.

use serde::{Deserialize, Serialize};

use crate::{Score, outcomes::Outcomes};

/// True and false positives and negatives of one class against the rest, or at one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "there are four counts and there will never be a fifth")]
pub struct BinaryCounts {
    /// Samples of the class that were predicted to be of it.
    pub true_positives: u64,
    /// Samples of other classes that were predicted to be of the class.
    pub false_positives: u64,
    /// Samples of the class that were predicted to be of another one.
    pub false_negatives: u64,
    /// Samples of other classes that were predicted to be of another class than this one.
    pub true_negatives: u64,
}

impl BinaryCounts {
    /// Samples of the class: true positives and false negatives.
    #[must_use]
    pub fn support(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Samples predicted to be of the class.
    #[must_use]
    pub fn predicted(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// All samples.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.support() + self.false_positives + self.true_negatives
    }

    /// (TP + TN) / N: accuracy one-vs-rest, equation 9 of the paper.
    ///
    /// # Errors
    ///
    /// Undefined without samples.
    pub fn accuracy(&self) -> Score {
        Outcomes::from(self).accuracy()
    }

    /// TP / (TP + FP), also called positive predictive value.
    ///
    /// # Errors
    ///
    /// Undefined if the class was never predicted.
    pub fn precision(&self) -> Score {
        Outcomes::from(self).precision()
    }

    /// TP / (TP + FN), also called sensitivity.
    ///
    /// # Errors
    ///
    /// Undefined if no sample is of the class.
    pub fn recall(&self) -> Score {
        Outcomes::from(self).recall()
    }

    /// TN / (TN + FP).
    ///
    /// # Errors
    ///
    /// Undefined if every sample is of the class.
    pub fn specificity(&self) -> Score {
        Outcomes::from(self).specificity()
    }

    /// TN / (TN + FN).
    ///
    /// # Errors
    ///
    /// Undefined if the class was predicted for every sample.
    pub fn negative_predictive_value(&self) -> Score {
        Outcomes::from(self).negative_predictive_value()
    }

    /// F-beta from the counts: (1 + β²) TP / ((1 + β²) TP + β² FN + FP).
    ///
    /// # Errors
    ///
    /// Undefined if the class is neither present nor predicted.
    pub fn f_score(&self, beta: Beta) -> Score {
        Outcomes::from(self).f_score(beta.get())
    }

    /// Mean of sensitivity and specificity.
    ///
    /// # Errors
    ///
    /// Undefined if either is.
    pub fn balanced_accuracy(&self) -> Score {
        Ok(f64::midpoint(self.recall()?, self.specificity()?))
    }

    /// Sensitivity + specificity − 1.
    ///
    /// # Errors
    ///
    /// Undefined if either is.
    pub fn youden(&self) -> Score {
        Ok(self.recall()? + self.specificity()? - 1.0)
    }

    /// Matthews correlation coefficient of truth and prediction, in [−1, 1].
    ///
    /// # Errors
    ///
    /// Undefined if truth or prediction is constant.
    pub fn matthews_correlation(&self) -> Score {
        Outcomes::from(self).matthews_correlation()
    }

    /// The sum of the counts over classes, from which micro averages are computed.
    #[must_use]
    pub fn pooled(each: impl IntoIterator<Item = Self>) -> Self {
        each.into_iter().fold(Self::default(), |sum, counts| Self {
            true_positives: sum.true_positives + counts.true_positives,
            false_positives: sum.false_positives + counts.false_positives,
            false_negatives: sum.false_negatives + counts.false_negatives,
            true_negatives: sum.true_negatives + counts.true_negatives,
        })
    }
}

impl From<&BinaryCounts> for Outcomes {
    fn from(counts: &BinaryCounts) -> Self {
        Self {
            true_positives: counts.true_positives as f64,
            false_positives: counts.false_positives as f64,
            false_negatives: counts.false_negatives as f64,
            true_negatives: counts.true_negatives as f64,
        }
    }
}

/// Weight of recall relative to precision in an F score: a positive, finite number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Beta(f64);

impl Beta {
    /// Equal weight: F1.
    pub const ONE: Self = Self(1.0);

    /// The beta with which recall weighs `beta` times as much as precision.
    ///
    /// # Errors
    ///
    /// If `beta` is not a number above 0 and at most 1,000.
    pub fn new(beta: f64) -> Result<Self, crate::Error> {
        if beta > 0.0 && beta <= 1_000.0 {
            Ok(Self(beta))
        } else {
            Err(crate::Error::InvalidSetting { name: "beta", value: beta, range: "above 0 and at most 1000" })
        }
    }

    /// The value of beta.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Beta {
    type Error = crate::Error;

    fn try_from(beta: f64) -> Result<Self, crate::Error> {
        Self::new(beta)
    }
}

impl From<Beta> for f64 {
    fn from(beta: Beta) -> Self {
        beta.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Undefined;

    /// The example on which linfa 0.8.1 exchanges precision and recall: truth 1,1,0,1,0,1 against 0,1,0,1,0,1.
    #[test]
    fn precision_and_recall_are_not_exchanged() {
        let counts =
            BinaryCounts { true_positives: 3, false_positives: 0, false_negatives: 1, true_negatives: 2 };
        assert_eq!(counts.precision(), Ok(1.0));
        assert_eq!(counts.recall(), Ok(0.75));
    }

    #[test]
    fn each_gap_has_its_own_reason() {
        let none = BinaryCounts::default();
        assert_eq!(none.accuracy(), Err(Undefined::NoSample));
        assert_eq!(none.matthews_correlation(), Err(Undefined::NoSample));
        let absent = BinaryCounts { true_negatives: 5, ..none };
        assert_eq!(absent.precision(), Err(Undefined::NeverPredicted));
        assert_eq!(absent.recall(), Err(Undefined::NoPositive));
        assert_eq!(absent.f_score(Beta::ONE), Err(Undefined::Absent));
        assert_eq!(absent.matthews_correlation(), Err(Undefined::ConstantTruth));
        let everything = BinaryCounts { true_positives: 5, ..none };
        assert_eq!(everything.specificity(), Err(Undefined::NoNegative));
        assert_eq!(everything.negative_predictive_value(), Err(Undefined::NeverNegative));
        // Present but never found is a real zero.
        let missed = BinaryCounts { false_negatives: 2, true_negatives: 3, ..none };
        assert_eq!(missed.f_score(Beta::ONE), Ok(0.0));
        assert_eq!(missed.matthews_correlation(), Err(Undefined::ConstantPrediction));
    }

    #[test]
    fn beta_is_checked() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Beta::new(bad).is_err());
        }
        assert!(serde_json::from_str::<Beta>("-1.0").is_err());
        assert_eq!(serde_json::from_str::<Beta>("2.0").unwrap(), Beta::new(2.0).unwrap());
        let counts =
            BinaryCounts { true_positives: 6, false_positives: 2, false_negatives: 6, true_negatives: 0 };
        // Precision 3/4, recall 1/2: F2 = 5·(3/4)(1/2) / (4·3/4 + 1/2) = 15/28.
        assert!((counts.f_score(Beta::new(2.0).unwrap()).unwrap() - 15.0 / 28.0).abs() < 1e-15);
    }
}
