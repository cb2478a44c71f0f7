//! DeLong's variance and covariance of AUCs, and Obuchowski's extension to patients with several images.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{BinaryScores, Clusters, Error, Interval, IntervalMethod, Level, Undefined, ranking::check_both};

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
}

impl AucVariance {
    /// AUC and its variance for these scores.
    ///
    /// With one image a patient this is DeLong, DeLong and Clarke-Pearson 1988; with several it is Obuchowski 1997,
    /// *Nonparametric analysis of clustered ROC curve data*, which is the same number when each patient has one image.
    ///
    /// # Errors
    ///
    /// The outer error if `clusters` has another number of samples; the inner one unless at least two patients have a
    /// positive image and at least two have a negative image.
    pub fn of(scores: &BinaryScores, clusters: &Clusters) -> Result<Result<Self, Undefined>, Error> {
        check_samples(scores, clusters)?;
        Ok(Components::of(scores, clusters).map(|components| Self {
            auc: components.auc,
            variance: components.covariance(&components),
            clustered: clusters.repeat(),
        }))
    }

    /// The normal interval auc ± z·√variance, cut at 0 and 1.
    ///
    /// # Errors
    ///
    /// Undefined if the variance is 0.
    pub fn interval(&self, level: Level) -> Result<Interval, Undefined> {
        if self.variance <= 0.0 {
            return Err(Undefined::NoVariation);
        }
        let half = level.normal_reach() * self.variance.sqrt();
        let method = if self.clustered { IntervalMethod::DeLongClustered } else { IntervalMethod::DeLong };
        Ok(Interval { low: (self.auc - half).max(0.0), high: (self.auc + half).min(1.0), level, method })
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
    /// The outer error if they do not cover the same samples; the inner one as for [`AucVariance::of`].
    pub fn of(
        first: &BinaryScores,
        second: &BinaryScores,
        clusters: &Clusters,
    ) -> Result<Result<Self, Undefined>, Error> {
        check_samples(first, clusters)?;
        check_samples(second, clusters)?;
        if let Some(index) = first.positive().iter().zip(second.positive()).position(|(a, b)| a != b) {
            return Err(Error::NotPaired { what: "label", index });
        }
        let both = Components::of(first, clusters).and_then(|a| Ok((a, Components::of(second, clusters)?)));
        Ok(both.map(|(a, b)| {
            let clustered = clusters.repeat();
            Self {
                first: AucVariance { auc: a.auc, variance: a.covariance(&a), clustered },
                second: AucVariance { auc: b.auc, variance: b.covariance(&b), clustered },
                covariance: a.covariance(&b),
            }
        }))
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

/// For each patient, how far its positives (negatives) together deviate from the AUC's expectation.
struct Components {
    auc: f64,
    /// Σ over positives of the patient of (share of negatives below − AUC).
    positive: Vec<f64>,
    /// Σ over negatives of the patient of (share of positives above − AUC).
    negative: Vec<f64>,
    positives: f64,
    negatives: f64,
    positive_patients: f64,
    negative_patients: f64,
}

impl Components {
    fn of(scores: &BinaryScores, clusters: &Clusters) -> Result<Self, Undefined> {
        let ranking = scores.ranking();
        let auc = ranking.auc(|_| 1)?;
        let (mut positive, mut negative) = (vec![0.0; clusters.len()], vec![0.0; clusters.len()]);
        let (mut has_positive, mut has_negative) = (vec![false; clusters.len()], vec![false; clusters.len()]);
        let (positives, negatives) = ranking.walk(|_| 1, |_| ());
        check_both(positives, negatives)?;
        ranking.walk_groups(|samples, above| {
            let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
            for &(_, is_positive) in samples {
                *(if is_positive { &mut tied_positives } else { &mut tied_negatives }) += 1;
            }
            let below = negatives - above.negatives - tied_negatives;
            let won = (below as f64 + tied_negatives as f64 / 2.0) / negatives as f64;
            let lost = (above.positives as f64 + tied_positives as f64 / 2.0) / positives as f64;
            for &(sample, is_positive) in samples {
                let patient = clusters.of(sample);
                if is_positive {
                    positive[patient] += won - auc;
                    has_positive[patient] = true;
                } else {
                    negative[patient] += lost - auc;
                    has_negative[patient] = true;
                }
            }
        });
        let count = |has: &[bool]| has.iter().filter(|has| **has).count() as f64;
        let (positive_patients, negative_patients) = (count(&has_positive), count(&has_negative));
        if positive_patients < 2.0 || negative_patients < 2.0 {
            return Err(Undefined::TooFewPatients);
        }
        let (positives, negatives) = (positives as f64, negatives as f64);
        Ok(Self { auc, positive, negative, positives, negatives, positive_patients, negative_patients })
    }

    /// Obuchowski's covariance; with one image a patient the cross terms vanish and DeLong's remains.
    fn covariance(&self, other: &Self) -> f64 {
        let patients = self.positive.len() as f64;
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let unbiased = |patients: f64| patients / (patients - 1.0);
        let positive = unbiased(self.positive_patients) * product(&self.positive, &other.positive);
        let negative = unbiased(self.negative_patients) * product(&self.negative, &other.negative);
        let cross = product(&self.positive, &other.negative) + product(&self.negative, &other.positive);
        positive / self.positives.powi(2)
            + negative / self.negatives.powi(2)
            + unbiased(patients) * cross / (self.positives * self.negatives)
    }
}

fn check_samples(scores: &BinaryScores, clusters: &Clusters) -> Result<(), Error> {
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
        let alone = AucVariance::of(&once, &Clusters::each_alone(10)).unwrap().unwrap();
        let twice = |list: &[bool]| [list, list].concat();
        let repeated =
            BinaryScores::new(&twice(once.positive()), &[once.scores(), once.scores()].concat()).unwrap();
        let names: Vec<String> = (0..20).map(|i| (i % 10).to_string()).collect();
        let clustered = AucVariance::of(&repeated, &Clusters::by_name(&names)).unwrap().unwrap();
        assert!((clustered.auc - alone.auc).abs() < 1e-15);
        assert!((clustered.variance - alone.variance).abs() < 1e-15);
        assert!(clustered.clustered && !alone.clustered);
        let unaware = AucVariance::of(&repeated, &Clusters::each_alone(20)).unwrap().unwrap();
        assert!(unaware.variance < 0.6 * alone.variance);
    }

    #[test]
    fn one_ranking_does_not_differ_from_itself() {
        let pair = PairedAuc::of(&scores(), &scores(), &Clusters::each_alone(10)).unwrap().unwrap();
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
        assert_eq!(AucVariance::of(&other, &Clusters::each_alone(10)).unwrap(), Err(Undefined::NoPositive));
        let one = Clusters::by_name(&["p"; 10]);
        assert_eq!(AucVariance::of(&scores(), &one).unwrap(), Err(Undefined::TooFewPatients));
        let perfect = BinaryScores::new(&[true, true, false, false], &[0.9, 0.8, 0.2, 0.1]).unwrap();
        let certain = AucVariance::of(&perfect, &Clusters::each_alone(4)).unwrap().unwrap();
        assert_eq!(certain.interval(Level::NINETY_FIVE), Err(Undefined::NoVariation));
    }
}
