//! Thresholds for use: highest sensitivity at a given specificity, the reverse, and Youden's point.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryCounts, BinaryScores, Clusters, Error, Share, Undefined, delong::check_samples, ranking::check_both,
};

/// A threshold and its counts on the samples on which it was chosen.
///
/// Choose it on validation data, then count on test data with [`BinaryScores::rates_at`]. The counts here are optimistic,
/// because the threshold was chosen on the same data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperatingPoint {
    /// Threshold; samples at or above it are called positive. With `None`, no sample is.
    pub threshold: Option<f64>,
    /// The four counts.
    pub counts: BinaryCounts,
}

/// Sensitivity and specificity at a threshold, as shares that count patients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rates {
    /// True positives / positives.
    pub sensitivity: Share,
    /// True negatives / negatives.
    pub specificity: Share,
}

impl BinaryScores {
    /// Sensitivity and specificity when samples at or above `threshold` are called positive; with `None`, no sample is.
    /// Their intervals count patients, not images.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples.
    pub fn rates_at(&self, threshold: Option<f64>, clusters: &Clusters) -> Result<Rates, Error> {
        check_samples(self, clusters)?;
        let called = |sample: usize| threshold.is_some_and(|threshold| self.scores()[sample] >= threshold);
        let positive = |sample: usize| self.positive()[sample];
        Ok(Rates {
            sensitivity: Share::of(clusters, |sample| positive(sample).then(|| called(sample))),
            specificity: Share::of(clusters, |sample| (!positive(sample)).then(|| !called(sample))),
        })
    }

    /// The point of highest sensitivity among those with at least this specificity; among equals, the most specific
    /// one.
    ///
    /// # Errors
    ///
    /// If `specificity` is not in [0, 1]; [`Error::Undefined`] unless there is a positive and a negative.
    pub fn at_specificity(&self, specificity: f64) -> Result<OperatingPoint, Error> {
        check_rate("the specificity", specificity)?;
        Ok(self.best(|sensitivity, reached| (reached >= specificity).then_some((sensitivity, reached)))?)
    }

    /// The point of highest specificity among those with at least this sensitivity; among equals, the most sensitive
    /// one.
    ///
    /// # Errors
    ///
    /// If `sensitivity` is not in [0, 1]; [`Error::Undefined`] unless there is a positive and a negative.
    pub fn at_sensitivity(&self, sensitivity: f64) -> Result<OperatingPoint, Error> {
        check_rate("the sensitivity", sensitivity)?;
        Ok(self.best(|reached, specificity| (reached >= sensitivity).then_some((specificity, reached)))?)
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
        let (positives, negatives) = ranking.walk(|_| 1_u64, |_| ());
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
        ranking.walk(
            |_| 1_u64,
            |step| consider(Some(self.scores()[step.sample]), step.positives, step.negatives),
        );
        // Calling none or all positive reaches any specificity or sensitivity up to 1.
        best.map(|(_, point)| point).ok_or(Undefined::NoSample)
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
    use crate::{Level, Proportion};

    fn scores() -> BinaryScores {
        let positive = [true, true, false, true, false, false, true, false];
        BinaryScores::new(&positive, &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]).unwrap()
    }

    #[test]
    fn points_are_the_best_that_the_bound_leaves() {
        let at = |specificity| scores().at_specificity(specificity).unwrap();
        assert_eq!(at(1.0).threshold, Some(0.8));
        assert_eq!((at(0.75).threshold, at(0.75).counts.recall()), (Some(0.6), Ok(0.75)));
        assert_eq!(at(0.0).counts.recall(), Ok(1.0));
        let point = scores().at_sensitivity(1.0).unwrap();
        assert_eq!((point.threshold, point.counts.specificity()), (Some(0.3), Ok(0.25)));
        assert_eq!(scores().at_sensitivity(0.0).unwrap().threshold, Some(0.8));
        let youden = scores().youden_point().unwrap();
        assert_eq!((youden.threshold, youden.counts.youden()), (Some(0.8), Ok(0.5)));
        assert_eq!(scores().at_threshold(youden.threshold), youden.counts);
        let rates = scores().rates_at(youden.threshold, &Clusters::each_alone(8)).unwrap();
        assert_eq!((rates.sensitivity.value(), rates.specificity.value()), (Ok(0.5), Ok(1.0)));
        let alone = rates.sensitivity.interval(Level::NINETY_FIVE).unwrap();
        assert_eq!(Ok(alone), Proportion::new(2, 4).unwrap().wilson(Level::NINETY_FIVE));
        // Two images of one patient that agree tell less than two patients.
        let pairs = Clusters::by_name(&["a", "a", "b", "c", "d", "e", "c", "f"]);
        let rates = scores().rates_at(youden.threshold, &pairs).unwrap();
        assert!(rates.sensitivity.interval(Level::NINETY_FIVE).unwrap().width() > alone.width());
        assert!(scores().rates_at(None, &Clusters::each_alone(7)).is_err());
    }

    #[test]
    fn what_no_threshold_separates_is_called_by_none() {
        let tied = BinaryScores::new(&[true, false, false], &[0.5; 3]).unwrap();
        assert_eq!(tied.at_specificity(0.9).unwrap().threshold, None);
        assert!(tied.at_specificity(1.5).is_err() && tied.at_sensitivity(f64::NAN).is_err());
        let negative = BinaryScores::new(&[false; 3], &[0.5; 3]).unwrap();
        assert_eq!(negative.youden_point(), Err(Undefined::NoPositive));
    }
}
