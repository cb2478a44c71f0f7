//! Calibration intercept and slope: whether probabilities are too high or too low, and too extreme or too timid.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Clusters, Error, Estimate, Interval, IntervalMethod, LOG_LOSS_FLOOR, Level, Undefined,
    delong::check_samples,
    logistic::{Logistic, Observation},
    ranking::check_both,
};

/// Calibration intercept and slope of the probabilities of a yes-or-no question, each with an interval that counts patients.
///
/// Both are coefficients of a logistic regression of the outcome on logit(p) (Cox 1958, *Two further applications of a model
/// for binary regression*; Van Calster et al. 2019, *Calibration: the Achilles heel of predictive analytics*). Probabilities
/// of 0 and 1 count as [`LOG_LOSS_FLOOR`] and 1 − [`LOG_LOSS_FLOOR`], since their logit is infinite.
///
/// ```
/// use radiograph_metrics::{BinaryScores, Clusters, Level, Recalibration};
///
/// // Says 0.1 or 0.9; right three times out of four.
/// let (outcomes, p) = ([false, false, false, true, true, true, true, false], [0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9]);
/// let scores = BinaryScores::new(&outcomes, &p)?;
/// let calibration = Recalibration::of(&scores, &Clusters::each_alone(8), Level::NINETY_FIVE)?;
/// assert!(calibration.intercept.score?.abs() < 1e-12); // neither too high nor too low on average
/// assert!((calibration.slope.score? - 0.5).abs() < 1e-12); // odds of 9 are meant as 3 = √9: too extreme
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
///
/// The intervals are Student's with the number of patients less one degrees of freedom and the sandwich variance of Liang and
/// Zeger 1986, as statsmodels computes it with `cov_type="cluster"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recalibration {
    /// Calibration in the large: the intercept a of logit(outcome) = a + logit(p). 0 is ideal; above 0, the probabilities are
    /// too low.
    pub intercept: Estimate,
    /// The slope b of logit(outcome) = a + b · logit(p), with a free intercept. 1 is ideal; below 1, the probabilities are too
    /// extreme.
    pub slope: Estimate,
    /// Number of samples with a probability beyond the floor, whose logit was limited. One of them that is wrong has a
    /// large effect on the slope.
    pub limited: usize,
}

impl Recalibration {
    /// Intercept and slope of these probabilities. They are undefined without positives or negatives; the slope also if all
    /// probabilities are equal, and if they separate positives from negatives.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples, or at the first score outside [0, 1].
    pub fn of(scores: &BinaryScores, clusters: &Clusters, level: Level) -> Result<Self, Error> {
        check_samples(scores, clusters)?;
        scores.check_probabilities()?;
        let range = LOG_LOSS_FLOOR..=1.0 - LOG_LOSS_FLOOR;
        let logits: Vec<f64> = scores.scores().iter().map(|&p| logit(p)).collect();
        let samples = || logits.iter().zip(scores.positive());
        let intercept = both_outcomes(scores).and_then(|()| {
            let of = |(&offset, &positive)| Observation { regressors: [1.0], offset, positive };
            Logistic::fit(&samples().map(of).collect::<Vec<_>>(), clusters)
        });
        let slope =
            both_outcomes(scores).and_then(|()| overlapping(&logits, scores.positive())).and_then(|()| {
                let of =
                    |(&logit, &positive)| Observation { regressors: [1.0, logit], offset: 0.0, positive };
                Logistic::fit(&samples().map(of).collect::<Vec<_>>(), clusters)
            });
        Ok(Self {
            intercept: estimate(intercept, clusters, level),
            slope: estimate(slope, clusters, level),
            limited: scores.scores().iter().filter(|p| !range.contains(p)).count(),
        })
    }
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(LOG_LOSS_FLOOR, 1.0 - LOG_LOSS_FLOOR);
    (p / (1.0 - p)).ln()
}

fn both_outcomes(scores: &BinaryScores) -> Result<(), Undefined> {
    let positives = scores.positive().iter().filter(|&&positive| positive).count();
    check_both(positives as u64, (scores.len() - positives) as u64)
}

/// Refuses samples whose likelihood has no maximum: the ranges of positives and negatives do not overlap.
fn overlapping(logits: &[f64], positive: &[bool]) -> Result<(), Undefined> {
    let range = |of: bool| {
        let chosen = logits.iter().zip(positive).filter(|&(_, &positive)| positive == of).map(|(&x, _)| x);
        chosen.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let (ill, well) = (range(true), range(false));
    if ill.0.min(well.0) == ill.1.max(well.1) {
        return Err(Undefined::ConstantScore);
    }
    if ill.0 < well.1 && well.0 < ill.1 { Ok(()) } else { Err(Undefined::NoFiniteSlope) }
}

/// The last coefficient with its interval.
fn estimate<const P: usize>(
    fit: Result<Logistic<P>, Undefined>,
    clusters: &Clusters,
    level: Level,
) -> Estimate {
    let score = fit.as_ref().map(|fit| fit.coefficients[P - 1]).map_err(|&reason| reason);
    let interval = fit.and_then(|fit| {
        let error = fit.covariance?[P - 1][P - 1].sqrt();
        if error == 0.0 {
            return Err(Undefined::NoVariation);
        }
        let (middle, half) =
            (fit.coefficients[P - 1], level.student_reach((clusters.len() - 1) as f64) * error);
        let method = IntervalMethod::Sandwich;
        Ok(Interval { low: middle - half, high: middle + half, level, method })
    });
    Estimate::without_resampling(score, interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(positive: &[bool], p: &[f64]) -> Recalibration {
        let scores = BinaryScores::new(positive, p).unwrap();
        Recalibration::of(&scores, &Clusters::each_alone(p.len()), Level::NINETY_FIVE).unwrap()
    }

    #[test]
    fn what_has_no_slope_says_why() {
        let separated = of(&[true, true, false, false], &[0.9, 0.6, 0.4, 0.2]);
        assert_eq!(separated.slope.score, Err(Undefined::NoFiniteSlope));
        assert!(separated.intercept.score.is_ok() && separated.intercept.interval.is_ok());
        // One tie at the border does not make the slope finite.
        let touching = of(&[true, true, false, false], &[0.9, 0.5, 0.5, 0.2]);
        assert_eq!(touching.slope.score, Err(Undefined::NoFiniteSlope));
        let backwards = of(&[false, false, true, true], &[0.9, 0.6, 0.4, 0.2]);
        assert_eq!(backwards.slope.score, Err(Undefined::NoFiniteSlope));
        let constant = of(&[true, false, false, true], &[0.5; 4]);
        assert_eq!(constant.slope.score, Err(Undefined::ConstantScore));
        assert_eq!(constant.slope.interval, Err(Undefined::EstimateUndefined));
        let one_class = of(&[true, true], &[0.4, 0.8]);
        assert_eq!(one_class.intercept.score, Err(Undefined::NoNegative));
        assert_eq!(one_class.slope.score, Err(Undefined::NoNegative));
    }

    #[test]
    fn certain_probabilities_are_counted_and_finite() {
        let certain = of(&[true, false, true, false, true], &[1.0, 1.0, 0.7, 0.0, 0.2]);
        assert_eq!(certain.limited, 3);
        assert!(certain.intercept.score.is_ok_and(f64::is_finite));
        assert!(certain.slope.score.is_ok_and(f64::is_finite), "{certain:?}");
        let scores = BinaryScores::new(&[true, false], &[0.5, 1.5]).unwrap();
        assert!(matches!(
            Recalibration::of(&scores, &Clusters::each_alone(2), Level::NINETY_FIVE),
            Err(Error::NotAProbability { index: 1, .. })
        ));
    }
}
