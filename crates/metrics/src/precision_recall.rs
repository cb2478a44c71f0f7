//! The precision-recall curve at every distinct threshold.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Undefined,
    ranking::check_positive,
    thinning::{Thinned, thin_points},
};

/// One threshold of a precision-recall curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrecisionRecallPoint {
    /// Threshold; samples at or above it are called positive. `None` marks the anchor of the drawing (see the curve).
    pub threshold: Option<f64>,
    /// True positives / positives.
    pub recall: f64,
    /// True positives / samples called positive.
    pub precision: f64,
}

/// A precision-recall curve with one point per distinct score; thresholds fall and recall rises to 1.
///
/// The first point, recall 0 with precision 1, is a drawing convention that scikit-learn shares: no sample is called
/// positive there, so no precision exists. Average precision does not use it. Draw the curve as steps, not lines: a
/// straight line between two points is too optimistic (Davis and Goadrich 2006).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrecisionRecallCurve {
    /// The points; the first is the anchor.
    pub points: Vec<PrecisionRecallPoint>,
    /// Positive samples / all samples: the precision of chance.
    pub prevalence: f64,
}

impl PrecisionRecallCurve {
    /// The curve of these scores.
    ///
    /// # Errors
    ///
    /// Undefined without a positive sample.
    pub fn of(scores: &BinaryScores) -> Result<Self, Undefined> {
        let (steps, positives, negatives) = scores.steps();
        check_positive(positives, negatives)?;
        let mut points = Vec::with_capacity(steps.len() + 1);
        points.push(PrecisionRecallPoint { threshold: None, recall: 0.0, precision: 1.0 });
        points.extend(steps.iter().map(|step| PrecisionRecallPoint {
            threshold: Some(scores.scores()[step.sample]),
            recall: step.positives as f64 / positives as f64,
            precision: step.positives as f64 / (step.positives + step.negatives) as f64,
        }));
        Ok(Self { points, prevalence: positives as f64 / (positives + negatives) as f64 })
    }

    /// A curve of at most `most` points (at least two) with the same shape, for plots: see [`Thinned`].
    #[must_use]
    pub fn thinned(&self, most: usize) -> Thinned<Self> {
        let (points, deviation) = thin_points(&self.points, |point| [point.recall, point.precision], most);
        Thinned { curve: Self { points, ..*self }, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_without_positives_is_undefined_and_all_positive_is_one() {
        let none = BinaryScores::new(&[false, false], &[0.1, 0.2]).unwrap();
        assert_eq!(PrecisionRecallCurve::of(&none), Err(Undefined::NoPositive));
        let all = BinaryScores::new(&[true, true], &[0.1, 0.2]).unwrap();
        let curve = PrecisionRecallCurve::of(&all).unwrap();
        assert!(curve.points.iter().all(|point| point.precision == 1.0));
        assert_eq!(curve.prevalence, 1.0);
    }
}
