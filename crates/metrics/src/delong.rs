//! DeLong's variance and covariance of AUCs, and Obuchowski's extension to patients with several images.

use radiograph_classes::Class;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    BinaryScores, Clusters, Error, Interval, IntervalMethod, Level, Predictions, Undefined,
    auc_components::Components, predictions::check_paired,
};

/// An AUC with its variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AucVariance {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Variance of `auc`. It is 0 if the classes are separated without error, which says nothing about uncertainty.
    pub variance: f64,
    /// Whether patients with several images were taken into account.
    pub clustered: bool,
    /// Number of patients with a positive image; of a macro average, those of the class with the fewest.
    pub positive_patients: u64,
    /// Number of patients with a negative image; of a macro average, those with an image of another class than that.
    pub negative_patients: u64,
}

impl AucVariance {
    /// AUC and its variance for these scores.
    ///
    /// With one image a patient this is DeLong, DeLong and Clarke-Pearson 1988; with several it is Obuchowski 1997,
    /// *Nonparametric analysis of clustered ROC curve data*, which is the same number when each patient has one image.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples; [`Error::Undefined`] unless at least two patients have a positive image
    /// and at least two have a negative image.
    pub fn of(scores: &BinaryScores, clusters: &Clusters) -> Result<Self, Error> {
        check_samples(scores, clusters)?;
        Ok(Self::of_same(scores, clusters)?)
    }

    /// AUC and its variance for scores of the samples of these clusters.
    pub(crate) fn of_same(scores: &BinaryScores, clusters: &Clusters) -> Result<Self, Undefined> {
        Ok(Components::of(scores, None, clusters)?.variance(clusters))
    }

    /// AUC and its variance for the class in this column against the others, by weight if the samples have weights.
    pub(crate) fn of_column(predictions: &Predictions, column: usize) -> Result<Self, Undefined> {
        Ok(Components::of_column(predictions, column)?.variance(predictions.clusters()))
    }

    /// Macro AUC, the mean of the classes' AUCs one-vs-rest, and its variance.
    ///
    /// The components of the classes' AUCs are summed image by image before they are squared, so that the variance knows
    /// how the AUCs of the classes vary together. With two classes and probabilities that sum to 1 it is
    /// [`AucVariance::of`] either class.
    ///
    /// # Errors
    ///
    /// Undefined if a class has no image, or if fewer than two patients have an image of it.
    pub fn of_macro(predictions: &Predictions) -> Result<Self, Undefined> {
        Ok(Components::of_macro(predictions)?.variance(predictions.clusters()))
    }

    /// The normal interval of logit(AUC), taken back to the scale of AUCs; it stays within 0 and 1 and is as lopsided as an
    /// AUC near 1 is. With several images a patient it is Student's, for the patients less two (a patient with images of both
    /// kinds counts twice), because the variance between few
    /// patients is itself uncertain. Without a variance, as for an AUC of 1, it is [`newcombe`](Self::newcombe)'s.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        if self.variance <= 0.0 {
            return Self::newcombe(self.auc, self.positive_patients, self.negative_patients, level);
        }
        // d logit(a) / d a = 1 / (a (1 − a)); a variance above 0 means an AUC inside (0, 1).
        let patients = (self.positive_patients + self.negative_patients) as f64; // at least 2 each
        let reach = if self.clustered { level.student_reach(patients - 2.0) } else { level.normal_reach() };
        let half = reach * self.variance.sqrt() / (self.auc * (1.0 - self.auc));
        let middle = (self.auc / (1.0 - self.auc)).ln();
        let back = |logit: f64| (1.0 + (-logit).exp()).recip();
        let method = if self.clustered { IntervalMethod::DeLongClustered } else { IntervalMethod::DeLong };
        Interval { low: back(middle - half), high: back(middle + half), level, method }
    }

    /// The interval of an AUC that is known only with its numbers of positive and negative patients, at least one each:
    /// the AUCs θ with |auc − θ| ≤ z·√V(θ), where V is the variance of Hanley and McNeil with m − 1 and n − 1 both replaced by
    /// their mean (method 5 of Newcombe 2006, *Confidence intervals for an effect size measure based on the Mann-Whitney
    /// statistic*, part 2).
    #[must_use]
    pub fn newcombe(auc: f64, positives: u64, negatives: u64, level: Level) -> Interval {
        let (m, n) = (positives.max(1) as f64, negatives.max(1) as f64);
        let others = f64::midpoint(m, n) - 1.0;
        let square = level.normal_reach().powi(2);
        let variance = |at: f64| {
            at * (1.0 - at) * (1.0 + others * ((1.0 - at) / (2.0 - at) + at / (1.0 + at))) / (m * n)
        };
        let outside = |at: f64| (auc - at).powi(2) > square * variance(at);
        // From an end, which is outside or the AUC itself, to the AUC, which is inside; 60 halvings reach the last digit.
        let end = |mut away: f64| {
            if away == auc {
                return auc;
            }
            let mut inside = auc;
            for _ in 0..60 {
                let middle = f64::midpoint(away, inside);
                if outside(middle) { away = middle } else { inside = middle }
            }
            inside
        };
        Interval { low: end(0.0), high: end(1.0), level, method: IntervalMethod::Newcombe }
    }
}

/// Two AUCs on the same samples, and the test of their difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairedAuc {
    /// The first model.
    pub first: AucVariance,
    /// The second model.
    pub second: AucVariance,
    /// Covariance of the two AUCs.
    pub covariance: f64,
}

impl PairedAuc {
    /// Compares two scores of the same samples.
    ///
    /// # Errors
    ///
    /// If they do not cover the same samples; [`Error::Undefined`] as for [`AucVariance::of`].
    pub fn of(first: &BinaryScores, second: &BinaryScores, clusters: &Clusters) -> Result<Self, Error> {
        check_samples(first, clusters)?;
        check_samples(second, clusters)?;
        if let Some(index) = first.positive().iter().zip(second.positive()).position(|(a, b)| a != b) {
            return Err(Error::NotPaired { what: "label", index });
        }
        let (first, second) =
            (Components::of(first, None, clusters)?, Components::of(second, None, clusters)?);
        Ok(Self::from(&first, &second, clusters))
    }

    /// Compares the AUCs of one class of two models that were scored on the same samples, by weight if they have weights.
    pub(crate) fn of_class(first: &Predictions, second: &Predictions, class: &Class) -> Result<Self, Error> {
        let of = |predictions: &Predictions| -> Result<Components, Error> {
            Ok(Components::of_column(predictions, predictions.classes().position(class)?)?)
        };
        Ok(Self::from(&of(first)?, &of(second)?, first.clusters()))
    }

    /// Compares the macro AUCs of two models on the same samples.
    ///
    /// # Errors
    ///
    /// If they do not cover the same samples; [`Error::Undefined`] as for [`AucVariance::of_macro`].
    pub fn of_macro(first: &Predictions, second: &Predictions) -> Result<Self, Error> {
        check_paired(first, second)?;
        // The same samples and labels, so only the probabilities are the second's.
        let second = first.with_probabilities(second.probabilities().in_order_of(first.classes())?);
        let components = (Components::of_macro(first)?, Components::of_macro(&second)?);
        Ok(Self::from(&components.0, &components.1, first.clusters()))
    }

    fn from(first: &Components, second: &Components, clusters: &Clusters) -> Self {
        Self {
            first: first.variance(clusters),
            second: second.variance(clusters),
            covariance: first.covariance(second),
        }
    }

    /// Normal interval of first − second, cut at −1 and 1.
    ///
    /// # Errors
    ///
    /// As [`PairedAuc::z`].
    pub fn interval(&self, level: Level) -> Result<Interval, Undefined> {
        self.z()?;
        let half = level.normal_reach() * self.variance_of_difference().sqrt();
        let difference = self.first.auc - self.second.auc;
        let clustered = self.first.clustered;
        let method = if clustered { IntervalMethod::DeLongClustered } else { IntervalMethod::DeLong };
        let (low, high) = ((difference - half).max(-1.0), (difference + half).min(1.0));
        Ok(Interval { low, high, level, method })
    }

    /// Variance of the difference of the two AUCs.
    #[must_use]
    pub fn variance_of_difference(&self) -> f64 {
        self.first.variance + self.second.variance - 2.0 * self.covariance
    }

    /// (first − second) / its standard error.
    ///
    /// # Errors
    ///
    /// Undefined if the difference has no variance, as with two equal rankings.
    pub fn z(&self) -> Result<f64, Undefined> {
        let variance = self.variance_of_difference();
        // What remains of equal terms after subtraction is rounding, not variance.
        if variance <= 1e-14 * (self.first.variance + self.second.variance) {
            return Err(Undefined::NoVariation);
        }
        Ok((self.first.auc - self.second.auc) / variance.sqrt())
    }

    /// Two-sided p-value under the hypothesis of no difference.
    ///
    /// # Errors
    ///
    /// As [`PairedAuc::z`].
    pub fn p_value(&self) -> Result<f64, Undefined> {
        Ok(2.0 * Normal::standard().cdf(-self.z()?.abs()))
    }
}

impl Components {
    fn variance(&self, clusters: &Clusters) -> AucVariance {
        let [positive_patients, negative_patients] = self.patients;
        AucVariance {
            auc: self.auc,
            variance: self.covariance(self),
            clustered: clusters.repeat(),
            positive_patients,
            negative_patients,
        }
    }
}

pub(crate) fn check_samples(scores: &BinaryScores, clusters: &Clusters) -> Result<(), Error> {
    if scores.len() == clusters.samples() {
        return Ok(());
    }
    let what = "the list of scores".to_owned();
    Err(Error::LengthMismatch { what, expected: clusters.samples(), got: scores.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> BinaryScores {
        let positive = [true, true, false, true, false, false, true, false, false, true];
        let scores = [0.9, 0.8, 0.75, 0.7, 0.6, 0.55, 0.5, 0.5, 0.2, 0.1];
        BinaryScores::new(&positive, &scores).unwrap()
    }

    #[test]
    fn a_repeated_picture_is_not_new_evidence() {
        let once = scores();
        let alone = AucVariance::of(&once, &Clusters::each_alone(10)).unwrap();
        let twice = |list: &[bool]| [list, list].concat();
        let repeated =
            BinaryScores::new(&twice(once.positive()), &[once.scores(), once.scores()].concat()).unwrap();
        let names: Vec<String> = (0..20).map(|i| (i % 10).to_string()).collect();
        let clustered = AucVariance::of(&repeated, &Clusters::by_name(&names)).unwrap();
        assert!((clustered.auc - alone.auc).abs() < 1e-15);
        assert!((clustered.variance - alone.variance).abs() < 1e-15);
        assert!(clustered.clustered && !alone.clustered);
        let unaware = AucVariance::of(&repeated, &Clusters::each_alone(20)).unwrap();
        assert!(unaware.variance < 0.6 * alone.variance);
    }

    #[test]
    fn one_ranking_does_not_differ_from_itself() {
        let pair = PairedAuc::of(&scores(), &scores(), &Clusters::each_alone(10)).unwrap();
        assert_eq!(pair.z(), Err(Undefined::NoVariation));
    }

    #[test]
    fn what_cannot_be_paired_or_varied_says_so() {
        let other = BinaryScores::new(&[false; 10], &[0.5; 10]).unwrap();
        assert!(matches!(
            PairedAuc::of(&scores(), &other, &Clusters::each_alone(10)),
            Err(Error::NotPaired { what: "label", index: 0 })
        ));
        assert!(AucVariance::of(&scores(), &Clusters::each_alone(9)).is_err());
        let reason = |scores: &BinaryScores, clusters: &Clusters| {
            Undefined::catch(AucVariance::of(scores, clusters)).unwrap().unwrap_err()
        };
        assert_eq!(reason(&other, &Clusters::each_alone(10)), Undefined::NoPositive);
        let one = Clusters::by_name(&["p"; 10]);
        assert_eq!(reason(&scores(), &one), Undefined::TooFewPatients);
        let perfect = BinaryScores::new(&[true, true, false, false], &[0.9, 0.8, 0.2, 0.1]).unwrap();
        let certain = AucVariance::of(&perfect, &Clusters::each_alone(4)).unwrap();
        let interval = certain.interval(Level::NINETY_FIVE);
        assert_eq!((interval.method, interval.high), (IntervalMethod::Newcombe, 1.0));
        assert!((0.1..0.6).contains(&interval.low), "{interval:?}");
    }
}
