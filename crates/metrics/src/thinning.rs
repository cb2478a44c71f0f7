//! Reduces the points of a curve for a plot and keeps its shape.

use std::{cmp::Ordering, collections::BinaryHeap};

use serde::{Deserialize, Serialize};

/// A curve with fewer points, and its largest deviation from the full curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Thinned<C> {
    /// The curve; its points are points of the full one and include both ends.
    pub curve: C,
    /// The largest distance of a dropped point from the thinned line, in units of the axes.
    pub deviation: f64,
}

/// A stretch of the line and the point in it that lies farthest from its chord.
struct Stretch {
    from: usize,
    to: usize,
    farthest: usize,
    distance: f64,
}

/// At most `most` (at least two) of the points, and the largest distance of a dropped point from the line through them.
pub(crate) fn thin_points<P: Copy>(
    points: &[P],
    place: impl Fn(&P) -> [f64; 2],
    most: usize,
) -> (Vec<P>, f64) {
    let line: Vec<[f64; 2]> = points.iter().map(place).collect();
    let (kept, deviation) = thin(&line, most);
    (kept.into_iter().map(|at| points[at]).collect(), deviation)
}

/// Positions of at most `most` (at least two) points, and the largest distance of a dropped point from the new line.
///
/// Douglas and Peucker's rule, applied greedily: each step adds the point that is farthest from the line so far. Points
/// on a straight stretch are therefore dropped first, without any deviation.
fn thin(line: &[[f64; 2]], most: usize) -> (Vec<usize>, f64) {
    let Some(last) = line.len().checked_sub(1) else { return (Vec::new(), 0.0) };
    let mut kept = vec![0, last];
    kept.dedup();
    let mut open = BinaryHeap::from([Stretch::new(line, 0, last)]);
    while let Some(stretch) = open.pop() {
        if stretch.distance <= f64::EPSILON || kept.len() >= most.max(2) {
            open.push(stretch);
            break;
        }
        kept.push(stretch.farthest);
        open.push(Stretch::new(line, stretch.from, stretch.farthest));
        open.push(Stretch::new(line, stretch.farthest, stretch.to));
    }
    kept.sort_unstable();
    (kept, open.peek().map_or(0.0, |stretch| stretch.distance))
}

impl Stretch {
    fn new(line: &[[f64; 2]], from: usize, to: usize) -> Self {
        let mut stretch = Self { from, to, farthest: from, distance: 0.0 };
        for at in from + 1..to {
            let distance = distance(line[at], line[from], line[to]);
            if distance > stretch.distance {
                (stretch.farthest, stretch.distance) = (at, distance);
            }
        }
        stretch
    }
}

/// Distance of `point` from the segment between `a` and `b`.
fn distance(point: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (direction, offset) = ([b[0] - a[0], b[1] - a[1]], [point[0] - a[0], point[1] - a[1]]);
    let square = direction[0] * direction[0] + direction[1] * direction[1];
    let along =
        if square == 0.0 { 0.0 } else { (offset[0] * direction[0] + offset[1] * direction[1]) / square };
    let along = along.clamp(0.0, 1.0);
    (offset[0] - along * direction[0]).hypot(offset[1] - along * direction[1])
}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then_with(|| other.from.cmp(&self.from))
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Stretch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Stretch {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corners_stay_and_straight_stretches_cost_nothing() {
        let line: Vec<[f64; 2]> = (0..=10)
            .map(|i| [0.0, f64::from(i) / 10.0])
            .chain((1..=10).map(|i| [f64::from(i) / 10.0, 1.0]))
            .collect();
        assert_eq!(thin(&line, 100), (vec![0, 10, 20], 0.0));
        let (kept, deviation) = thin(&line, 2);
        assert_eq!(kept, [0, 20]);
        assert!((deviation - 0.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(thin(&[], 5), (vec![], 0.0));
        assert_eq!(thin(&[[0.0, 1.0]], 5), (vec![0], 0.0));
    }

    proptest! {
        #[test]
        fn no_dropped_point_is_farther_than_it_says(ys in prop::collection::vec(0.0..1.0_f64, 2..200), most in 0..60_usize) {
            let line: Vec<[f64; 2]> = ys.iter().enumerate().map(|(i, &y)| [i as f64 / ys.len() as f64, y]).collect();
            let (kept, deviation) = thin(&line, most);
            prop_assert!(kept.len() <= most.max(2));
            prop_assert_eq!((kept[0], *kept.last().unwrap()), (0, line.len() - 1));
            for pair in kept.windows(2) {
                for at in pair[0]..pair[1] {
                    prop_assert!(distance(line[at], line[pair[0]], line[pair[1]]) <= deviation + 1e-12);
                }
            }
        }
    }
}
