//! ROC and precision-recall curves of all classes together: their mean (macro), and that of all decisions pooled (micro).
//!
//! The area under each is the average of the same name that [`Predictions::average_ranking`](crate::Predictions::average_ranking)
//! gives.

use crate::{Average, BinaryScores, Error, PrecisionRecallCurve, Predictions, RocCurve, Undefined};

/// Points of a curve, from left to right.
type Points = Vec<(f64, f64)>;

impl Predictions {
    /// Points (1 − specificity, sensitivity) of the average ROC curve, to be joined by straight lines.
    ///
    /// The macro curve is the mean sensitivity of all classes at each 1 − specificity. The micro curve is that of all N·K decisions
    /// "this sample is of this class" in one ranking.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] if a class has no sample or all samples, for the weighted average, and if the samples have weights.
    pub fn average_roc(&self, average: Average) -> Result<Points, Error> {
        let of = |scores: &BinaryScores| -> Result<Points, Undefined> {
            let points = RocCurve::of(scores)?.points;
            Ok(points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect())
        };
        match average {
            Average::Micro => Ok(of(&self.pooled()?)?),
            Average::Macro => {
                let curves = self.each()?.iter().map(of).collect::<Result<Vec<_>, _>>()?;
                Ok(mean_of_lines(&curves))
            }
            Average::Weighted => Err(Undefined::NoWeightedForm.into()),
        }
    }

    /// Points (recall, precision) of the average precision-recall curve: corners of steps, to be joined by straight lines.
    ///
    /// The macro curve is the mean precision of all classes at each recall. The micro curve is that of all N·K decisions "this
    /// sample is of this class" in one ranking.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] if a class has no sample, for the weighted average, and if the samples have weights.
    pub fn average_precision_recall(&self, average: Average) -> Result<Points, Error> {
        let of = |scores: &BinaryScores| -> Result<Points, Undefined> {
            let points = PrecisionRecallCurve::of(scores)?.points;
            // The first point is an anchor, and where recall stands still nothing is gained.
            let mut gained: Points = Vec::with_capacity(points.len());
            for point in &points[1..] {
                if gained.last().map_or(0.0, |last| last.0) < point.recall {
                    gained.push((point.recall, point.precision));
                }
            }
            Ok(gained)
        };
        match average {
            Average::Micro => Ok(corners(&of(&self.pooled()?)?)),
            Average::Macro => {
                let curves = self.each()?.iter().map(of).collect::<Result<Vec<_>, _>>()?;
                Ok(corners(&mean_of_steps(&curves)))
            }
            Average::Weighted => Err(Undefined::NoWeightedForm.into()),
        }
    }

    /// The scores of each class against the rest.
    fn each(&self) -> Result<Vec<BinaryScores>, Error> {
        self.classes().iter().map(|class| self.one_vs_rest(&class)).collect()
    }

    /// All one-vs-rest decisions as one list.
    fn pooled(&self) -> Result<BinaryScores, Error> {
        let each = self.each()?;
        let positive = each.iter().flat_map(|scores| scores.positive().iter().copied()).collect();
        let scores = each.iter().flat_map(|scores| scores.scores().iter().copied()).collect();
        Ok(BinaryScores::checked(positive, scores))
    }
}

/// All places of these curves, each once, from left to right.
fn places(curves: &[Points]) -> Vec<f64> {
    let mut places: Vec<f64> = curves.iter().flatten().map(|point| point.0).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

/// The mean of curves made of straight lines, which may rise at one place. It has every place of every curve, and so is exact.
fn mean_of_lines(curves: &[Points]) -> Points {
    let mut at = vec![0; curves.len()];
    let mut points = Points::new();
    for place in places(curves) {
        let (mut low, mut high) = (0.0, 0.0);
        for (curve, at) in curves.iter().zip(&mut at) {
            let arrived = height(curve, *at, place);
            while *at + 1 < curve.len() && curve[*at + 1].0 <= place {
                *at += 1;
            }
            // Where the curve has no point, it passes without a rise.
            let left = if curve[*at].0 == place { curve[*at].1 } else { arrived };
            low += arrived;
            high += left;
        }
        let count = curves.len() as f64;
        points.push((place, low / count));
        if high > low {
            points.push((place, high / count));
        }
    }
    points
}

/// Height at which the line that begins at point `at` arrives at `place`.
fn height(curve: &Points, at: usize, place: f64) -> f64 {
    let (x, y) = curve[at];
    match curve.get(at + 1) {
        Some(&(to_x, to_y)) if to_x > x && place >= to_x => to_y, // exactly, not by interpolation
        Some(&(to_x, to_y)) if to_x > x && place > x => y + (to_y - y) * ((place - x) / (to_x - x)),
        _ => y,
    }
}

/// The mean of steps: at each place, the value of each curve up to there.
fn mean_of_steps(curves: &[Points]) -> Points {
    let mut at = vec![0; curves.len()];
    let mut points = Points::new();
    for place in places(curves) {
        let mut sum = 0.0;
        for (curve, at) in curves.iter().zip(&mut at) {
            while *at + 1 < curve.len() && curve[*at].0 < place {
                *at += 1;
            }
            sum += curve[*at].1;
        }
        points.push((place, sum / curves.len() as f64));
    }
    points
}

/// The corners of steps whose values hold from the place before up to their own.
fn corners(steps: &Points) -> Points {
    let mut corners = Points::with_capacity(2 * steps.len());
    let mut from = 0.0;
    for &(place, value) in steps {
        corners.extend([(from, value), (place, value)]);
        from = place;
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RankingScore, WhenUndefined};

    fn predictions(samples: u32) -> Predictions {
        let mut state = 11_u32;
        let mut uniform = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Few values, so that there are ties.
            f64::from(state >> 24) / 256.0
        };
        let classes = ["covid", "normal", "pneumonia"];
        let labels: Vec<&str> =
            (0..samples).map(|sample| classes[(sample * sample % 7 % 3) as usize]).collect();
        let rows: Vec<[f64; 3]> = labels
            .iter()
            .map(|label| {
                let scores = classes.map(|class| uniform() + if class == *label { 0.3 } else { 0.01 });
                let sum: f64 = scores.iter().sum();
                scores.map(|score| score / sum)
            })
            .collect();
        let columns = (0..3).map(|at| (classes[at], rows.iter().map(|row| row[at]).collect()));
        let probabilities = crate::Probabilities::from_columns(columns).unwrap();
        let names = radiograph_classes::Classes::new(classes).unwrap();
        Predictions::new(&names, &labels, &probabilities).unwrap()
    }

    fn trapezoids(points: &Points) -> f64 {
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)).sum()
    }

    /// The areas are computed from the ranks of the scores, without any curve.
    #[test]
    fn areas_are_the_averages_of_the_same_name() {
        for samples in [12, 150] {
            let predictions = predictions(samples);
            for average in [Average::Macro, Average::Micro] {
                let area =
                    |score| predictions.average_ranking(score, average, WhenUndefined::Refuse).score.unwrap();
                let roc = predictions.average_roc(average).unwrap();
                assert!((trapezoids(&roc) - area(RankingScore::Auc)).abs() < 1e-12, "{average} of {samples}");
                let steps = predictions.average_precision_recall(average).unwrap();
                let expected = area(RankingScore::AveragePrecision);
                assert!((trapezoids(&steps) - expected).abs() < 1e-12, "{average} of {samples}");
                assert!(roc.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
                assert_eq!((roc[0].0, roc.last().copied()), (0.0, Some((1.0, 1.0))));
                assert_eq!((steps[0].0, steps.last().unwrap().0), (0.0, 1.0));
            }
        }
        assert!(predictions(12).average_roc(Average::Weighted).is_err());
    }

    /// By hand: one curve rises at once, the other is the diagonal with a step at the middle.
    #[test]
    fn the_mean_of_two_curves_has_the_rises_of_both() {
        let curves =
            [vec![(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)], vec![(0.0, 0.0), (0.5, 0.5), (0.5, 0.75), (1.0, 1.0)]];
        let expected = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.75), (0.5, 0.875), (1.0, 1.0)];
        assert_eq!(mean_of_lines(&curves), expected);
        let steps = [vec![(0.5, 1.0), (1.0, 0.5)], vec![(1.0, 0.25)]];
        assert_eq!(corners(&mean_of_steps(&steps)), [(0.0, 0.625), (0.5, 0.625), (0.5, 0.375), (1.0, 0.375)]);
    }
}
