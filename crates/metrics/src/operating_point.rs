//! Thresholds for use: highest sensitivity at a given specificity, the reverse, and Youden's point.

use serde::{Deserialize, Serialize};

use crate::{BinaryCounts, BinaryScores, Error, Interval, Level, Proportion, Undefined, ranking::check_both};

/// A threshold and its counts on the samples on which it was chosen.
///
/// Choose it on validation data, then count on test data with [`BinaryScores::at_threshold`]. The counts here are
/// optimistic, because the threshold was chosen on the same data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperatingPoint {
    /// Threshold; samples at or above it are called positive. With `None`, no sample is.
    pub threshold: Option<f64>,
    /// The four counts.
    pub counts: BinaryCounts,
}

impl OperatingPoint {
    /// Wilson interval of the sensitivity.
    ///
    /// # Errors
    ///
    /// Undefined without positives.
    pub fn sensitivity_interval(&self, level: Level) -> Result<Interval, Undefined> {
        wilson(self.counts.true_positives, self.counts.support(), level)
    }

    /// Wilson interval of the specificity.
    ///
    /// # Errors
    ///
    /// Undefined without negatives.
    pub fn specificity_interval(&self, level: Level) -> Result<Interval, Undefined> {
        let negatives = self.counts.true_negatives + self.counts.false_positives;
        wilson(self.counts.true_negatives, negatives, level)
    }
}

impl BinaryScores {
    /// The point of highest sensitivity among those with at least this specificity; among equals, the most specific
    /// one.
    ///
    /// # Errors
    ///
    /// The outer error if `specificity` is not in [0, 1]; the inner one unless there is a positive and a negative.
    pub fn at_specificity(&self, specificity: f64) -> Result<Result<OperatingPoint, Undefined>, Error> {
        check_rate("the specificity", specificity)?;
        Ok(self.best(|sensitivity, reached| (reached >= specificity).then_some((sensitivity, reached))))
    }

    /// The point of highest specificity among those with at least this sensitivity; among equals, the most sensitive
    /// one.
    ///
    /// # Errors
    ///
    /// The outer error if `sensitivity` is not in [0, 1]; the inner one unless there is a positive and a negative.
    pub fn at_sensitivity(&self, sensitivity: f64) -> Result<Result<OperatingPoint, Undefined>, Error> {
        check_rate("the sensitivity", sensitivity)?;
        Ok(self.best(|reached, specificity| (reached >= sensitivity).then_some((specificity, reached))))
    }

    /// The point of largest sensitivity + specificity − 1 (Youden 1950); among equals, the most specific one.
    ///
    /// # Errors
    ///
    /// Undefined unless there is a positive and a negative.
    pub fn youden_point(&self) -> Result<OperatingPoint, Undefined> {
        self.best(|sensitivity, specificity| Some((sensitivity + specificity, specificity)))
    }

    /// The threshold whose (sensitivity, specificity) has the largest value; `None` excludes a threshold.
    fn best(&self, value: impl Fn(f64, f64) -> Option<(f64, f64)>) -> Result<OperatingPoint, Undefined> {
        let ranking = self.ranking();
        let (positives, negatives) = ranking.walk(|_| 1, |_| ());
        check_both(positives, negatives)?;
        let mut best: Option<((f64, f64), OperatingPoint)> = None;
        let mut consider = |threshold: Option<f64>, hits: u64, alarms: u64| {
            let counts = BinaryCounts {
                true_positives: hits,
                false_positives: alarms,
                false_negatives: positives - hits,
                true_negatives: negatives - alarms,
            };
            let rates = (hits as f64 / positives as f64, counts.true_negatives as f64 / negatives as f64);
            if let Some(value) = value(rates.0, rates.1)
                && best.is_none_or(|(so_far, _)| value > so_far)
            {
                best = Some((value, OperatingPoint { threshold, counts }));
            }
        };
        consider(None, 0, 0);
        ranking
            .walk(|_| 1, |step| consider(Some(self.scores()[step.sample]), step.positives, step.negatives));
        // Calling none or all positive reaches any specificity or sensitivity up to 1.
        best.map(|(_, point)| point).ok_or(Undefined::NoSample)
    }
}

fn wilson(successes: u64, trials: u64, level: Level) -> Result<Interval, Undefined> {
    match Proportion::new(successes, trials) {
        Ok(proportion) => proportion.wilson(level),
        Err(_) => unreachable!("a count is at most the sum that it is part of"),
    }
}

fn check_rate(name: &'static str, value: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(Error::InvalidSetting { name, value, range: "in [0, 1]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> BinaryScores {
        let positive = [true, true, false, true, false, false, true, false];
        BinaryScores::new(&positive, &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]).unwrap()
    }

    #[test]
    fn points_are_the_best_that_the_bound_leaves() {
        let at = |specificity| scores().at_specificity(specificity).unwrap().unwrap();
        assert_eq!(at(1.0).threshold, Some(0.8));
        assert_eq!((at(0.75).threshold, at(0.75).counts.recall()), (Some(0.6), Ok(0.75)));
        assert_eq!(at(0.0).counts.recall(), Ok(1.0));
        let point = scores().at_sensitivity(1.0).unwrap().unwrap();
        assert_eq!((point.threshold, point.counts.specificity()), (Some(0.3), Ok(0.25)));
        assert_eq!(scores().at_sensitivity(0.0).unwrap().unwrap().threshold, Some(0.8));
        let youden = scores().youden_point().unwrap();
        assert_eq!((youden.threshold, youden.counts.youden()), (Some(0.8), Ok(0.5)));
        assert_eq!(scores().at_threshold(youden.threshold), youden.counts);
        assert!(youden.sensitivity_interval(Level::NINETY_FIVE).unwrap().contains(0.5));
        assert!(youden.specificity_interval(Level::NINETY_FIVE).unwrap().contains(1.0));
    }

    #[test]
    fn what_no_threshold_separates_is_called_by_none() {
        let tied = BinaryScores::new(&[true, false, false], &[0.5; 3]).unwrap();
        assert_eq!(tied.at_specificity(0.9).unwrap().unwrap().threshold, None);
        assert!(tied.at_specificity(1.5).is_err() && tied.at_sensitivity(f64::NAN).is_err());
        let negative = BinaryScores::new(&[false; 3], &[0.5; 3]).unwrap();
        assert_eq!(negative.youden_point(), Err(Undefined::NoPositive));
    }
}
