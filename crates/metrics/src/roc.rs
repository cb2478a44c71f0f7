//! ROC curve: sensitivity against 1 − specificity at every distinct threshold.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Undefined,
    ranking::check_both,
    thinning::{Thinned, thin_points},
};

/// One threshold of a ROC curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RocPoint {
    /// Threshold; samples at or above it are called positive. `None` lies above every score.
    pub threshold: Option<f64>,
    /// False positives / negatives, 1 − specificity.
    pub false_positive_rate: f64,
    /// True positives / positives, sensitivity.
    pub true_positive_rate: f64,
}

/// A ROC curve from (0, 0) to (1, 1) with one point per distinct score, thresholds falling.
///
/// Tied samples enter together, so the order of samples cannot change the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RocCurve {
    /// The points; the first one has no threshold.
    pub points: Vec<RocPoint>,
    /// Number of positive samples.
    pub positives: u64,
    /// Number of negative samples.
    pub negatives: u64,
}

impl RocCurve {
    /// The curve of these scores.
    ///
    /// # Errors
    ///
    /// Undefined unless there is a positive and a negative.
    pub fn of(scores: &BinaryScores) -> Result<Self, Undefined> {
        let (steps, positives, negatives) = scores.steps();
        check_both(positives, negatives)?;
        let mut points = Vec::with_capacity(steps.len() + 1);
        points.push(RocPoint { threshold: None, false_positive_rate: 0.0, true_positive_rate: 0.0 });
        points.extend(steps.iter().map(|step| RocPoint {
            threshold: Some(scores.scores()[step.sample]),
            false_positive_rate: step.negatives as f64 / negatives as f64,
            true_positive_rate: step.positives as f64 / positives as f64,
        }));
        Ok(Self { points, positives, negatives })
    }

    /// The area under the drawn line, by trapezoids. [`BinaryScores::auc`] gives the exact area under a full curve.
    #[must_use]
    pub fn area(&self) -> f64 {
        let trapezoid = |pair: &[RocPoint]| {
            (pair[1].false_positive_rate - pair[0].false_positive_rate)
                * f64::midpoint(pair[0].true_positive_rate, pair[1].true_positive_rate)
        };
        self.points.windows(2).map(trapezoid).sum()
    }

    /// A curve of at most `most` points (at least two) with the same shape, for plots: see [`Thinned`].
    #[must_use]
    pub fn thinned(&self, most: usize) -> Thinned<Self> {
        let (points, deviation) =
            thin_points(&self.points, |point| [point.false_positive_rate, point.true_positive_rate], most);
        Thinned { curve: Self { points, ..*self }, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tied_samples_make_one_point_whatever_their_order() {
        let forward = BinaryScores::new(&[true, false, true, false], &[0.9, 0.9, 0.2, 0.0]).unwrap();
        let backward = BinaryScores::new(&[false, true, false, true], &[0.0, 0.2, 0.9, 0.9]).unwrap();
        let curve = RocCurve::of(&forward).unwrap();
        assert_eq!(curve, RocCurve::of(&backward).unwrap());
        let thresholds: Vec<_> = curve.points.iter().map(|point| point.threshold).collect();
        assert_eq!(thresholds, [None, Some(0.9), Some(0.2), Some(0.0)]);
        assert!((curve.area() - forward.auc().unwrap()).abs() < 1e-15);
    }
}
