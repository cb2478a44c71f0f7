//! Simplifies precision-recall curves for drawing: steps with fewer corners than there are thresholds.

use radiograph_metrics::PrecisionRecallCurve;

/// Largest distance of the drawn line from the steps, in units of the axes: less than 1/960 of the figure's width.
pub(crate) const TOLERANCE: f64 = 0.001;

/// The curve as a polyline: between two thresholds, the precision is that of the next one. Corners are left out if they
/// lie within [`TOLERANCE`] of the line. `None` without a threshold.
pub(crate) fn steps(curve: &PrecisionRecallCurve) -> Option<Vec<(f64, f64)>> {
    Some(simplified(&corners(curve)?))
}

/// A line without the points that lie within [`TOLERANCE`] of what is left. The first and the last point stay.
pub(crate) fn simplified(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if line.len() < 3 {
        return line.to_vec();
    }
    kept(line).into_iter().map(|at| line[at]).collect()
}

fn corners(curve: &PrecisionRecallCurve) -> Option<Vec<(f64, f64)>> {
    let mut corners = vec![(0.0, curve.points.get(1)?.precision)];
    for point in &curve.points[1..] {
        let recall = corners.last()?.0;
        corners.extend([(recall, point.precision), (point.recall, point.precision)]);
    }
    Some(corners)
}

/// Positions of the drawn corners, by Douglas and Peucker's rule. If the corners of a stretch are too far from its
/// chord, the farthest one is kept, and both halves are treated the same way.
fn kept(line: &[(f64, f64)]) -> Vec<usize> {
    let last = line.len() - 1; // a line has three points at least
    let mut kept = vec![0, last];
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let strays = (from + 1..to).map(|at| (distance(line[at], line[from], line[to]), at));
        if let Some((stray, at)) = strays.max_by(|one, other| one.0.total_cmp(&other.0))
            && stray > TOLERANCE
        {
            kept.push(at);
            open.extend([(from, at), (at, to)]);
        }
    }
    kept.sort_unstable();
    kept
}

/// Distance of a point from the segment between two others.
fn distance(point: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (direction, offset) = ((b.0 - a.0, b.1 - a.1), (point.0 - a.0, point.1 - a.1));
    let square = direction.0 * direction.0 + direction.1 * direction.1;
    let along = if square == 0.0 { 0.0 } else { (offset.0 * direction.0 + offset.1 * direction.1) / square };
    let along = along.clamp(0.0, 1.0);
    (offset.0 - along * direction.0).hypot(offset.1 - along * direction.1)
}

#[cfg(test)]
mod tests {
    use radiograph_metrics::BinaryScores;

    use super::*;

    /// Scores of which a fifth is positive, with slightly higher values.
    fn curve(samples: u32) -> PrecisionRecallCurve {
        let mut state = 7_u32;
        let mut uniform = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        let positive: Vec<bool> = (0..samples).map(|sample| sample % 5 == 0).collect();
        let scores: Vec<f64> =
            positive.iter().map(|&positive| uniform() + if positive { 0.3 } else { 0.0 }).collect();
        PrecisionRecallCurve::of(&BinaryScores::new(&positive, &scores).unwrap()).unwrap()
    }

    #[test]
    fn steps_are_flat_up_to_a_threshold_and_then_fall_or_rise() {
        let scores = BinaryScores::new(&[true, false, true], &[0.9, 0.8, 0.7]).unwrap();
        let drawn = steps(&PrecisionRecallCurve::of(&scores).unwrap()).unwrap();
        // Precision 1 up to recall 1/2; then 2/3, below which the false alarm alone dips to 1/2.
        let expected = [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (0.5, 2.0 / 3.0), (1.0, 2.0 / 3.0)];
        assert_eq!(drawn, expected);
    }

    /// Compares every corner of all steps with every stroke of the drawing, in figure units. Strokes are straight, so
    /// no point between two corners is farther away than the corners are.
    #[test]
    fn no_corner_strays_by_a_figure_unit_from_what_is_drawn() {
        for samples in [50, 500, 20_000] {
            let curve = curve(samples);
            let (all, drawn) = (corners(&curve).unwrap(), steps(&curve).unwrap());
            assert!(drawn.len() < 1_500 && drawn.len() <= all.len(), "{} of {}", drawn.len(), all.len());
            assert_eq!((drawn[0], drawn.last()), (all[0], all.last()));
            // The plot is below 960 wide and 620 high for both axes.
            let units = |point: (f64, f64)| (960.0 * point.0, 620.0 * point.1);
            for &corner in &all {
                let near = drawn
                    .windows(2)
                    .map(|stroke| distance(units(corner), units(stroke[0]), units(stroke[1])))
                    .fold(f64::INFINITY, f64::min);
                assert!(near < 1.0, "{samples} samples: {corner:?} is off by {near}");
            }
        }
    }
}
