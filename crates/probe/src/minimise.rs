//! Minimises a smooth convex function: L-BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright,
//! Numerical Optimization, algorithms 7.5, 3.5 and 3.6).
//!
//! Not argmin: it depends on `paste`, which is unmaintained, and this is one page with a fixed order of sums.

use std::collections::VecDeque;

use crate::{
    Stopping,
    objective::{add, dot},
    span::Curvature,
};

/// Number of past steps that shape the next direction.
const MEMORY: usize = 20;
/// Smallest decrease, as a share of what the slope promises.
const DECREASE: f64 = 1e-4;
/// Largest remaining slope, as a share of the first.
const FLATNESS: f64 = 0.9;
/// Largest number of steps tried along a direction.
const TRIES: usize = 40;

/// A point of the function.
#[derive(Clone)]
struct Point {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// The end of a minimisation.
pub(crate) struct Minimum {
    pub(crate) at: Vec<f64>,
    pub(crate) value: f64,
    /// Norm of the gradient.
    pub(crate) gradient_norm: f64,
    pub(crate) iterations: usize,
}

/// The minimum of `function`, which returns its value and writes its gradient, from the point `start`. It ends when
/// the gradient, measured by `norm`, is small enough, after the allowed iterations, or where rounding allows no further descent.
/// What is not known of the curvature from the last steps is taken from `curvature`, or else to be equal in all directions.
pub(crate) fn minimise(
    function: impl Fn(&[f64], &mut [f64]) -> f64,
    start: Vec<f64>,
    stopping: &Stopping,
    norm: fn(&[f64]) -> f64,
    curvature: Option<&Curvature>,
) -> Minimum {
    let evaluate = |at: Vec<f64>| {
        let mut gradient = vec![0.0; at.len()];
        let value = function(&at, &mut gradient);
        Point { at, value, gradient }
    };
    let mut point = evaluate(start);
    let mut memory = Memory::default();
    let mut iterations = 0;
    while norm(&point.gradient) > stopping.tolerance && iterations < stopping.iterations {
        let direction = memory.direction(&point.gradient, curvature);
        // Before anything is known of the curvature, a step of length at most 1.
        let first = if memory.is_empty() && curvature.is_none() {
            1.0 / dot(&direction, &direction).sqrt().max(1.0)
        } else {
            1.0
        };
        match line_search(&evaluate, &point, &direction, first) {
            Some(next) => {
                memory.remember(&point, &next);
                point = next;
            }
            None if memory.is_empty() => break,
            // Rounding spoilt the direction: start again from the gradient.
            None => memory = Memory::default(),
        }
        iterations += 1;
    }
    Minimum { gradient_norm: norm(&point.gradient), value: point.value, at: point.at, iterations }
}

/// The largest magnitude.
pub(crate) fn largest(gradient: &[f64]) -> f64 {
    // `f64::max` would pass over NaN.
    gradient.iter().fold(
        0.0,
        |largest: f64, slope| {
            if largest.is_nan() || slope.abs() <= largest { largest } else { slope.abs() }
        },
    )
}

/// The Euclidean length.
pub(crate) fn length(gradient: &[f64]) -> f64 {
    dot(gradient, gradient).sqrt()
}

/// The last steps, the changes of the gradient along them, and the reciprocals of their products.
#[derive(Default)]
struct Memory(VecDeque<(Vec<f64>, Vec<f64>, f64)>);

impl Memory {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn remember(&mut self, from: &Point, to: &Point) {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let (step, change) = (difference(&to.at, &from.at), difference(&to.gradient, &from.gradient));
        let product = dot(&step, &change);
        // Convexity makes it positive, unless rounding took all of it.
        if product > f64::EPSILON * dot(&change, &change) {
            if self.0.len() == MEMORY {
                self.0.pop_front();
            }
            self.0.push_back((step, change, 1.0 / product));
        }
    }

    /// The direction of descent (two-loop recursion).
    fn direction(&self, gradient: &[f64], curvature: Option<&Curvature>) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        let mut shares = Vec::with_capacity(self.0.len());
        for (step, change, reciprocal) in self.0.iter().rev() {
            let share = reciprocal * dot(step, &direction);
            add(&mut direction, -share, change);
            shares.push(share);
        }
        if let Some(curvature) = curvature {
            curvature.solve(&mut direction);
        } else if let Some((_, change, reciprocal)) = self.0.back() {
            let scale = 1.0 / (reciprocal * dot(change, change));
            direction.iter_mut().for_each(|value| *value *= scale);
        }
        for ((step, change, reciprocal), share) in self.0.iter().zip(shares.iter().rev()) {
            let other = reciprocal * dot(change, &direction);
            add(&mut direction, share - other, step);
        }
        direction
    }
}

/// A length along the direction, with the value and the slope there.
#[derive(Clone, Copy)]
struct Sample {
    length: f64,
    value: f64,
    slope: f64,
}

/// A point along `direction` that satisfies the strong Wolfe conditions; `None` if rounding hides every such point.
fn line_search(
    evaluate: &impl Fn(Vec<f64>) -> Point,
    from: &Point,
    direction: &[f64],
    first: f64,
) -> Option<Point> {
    let start = Sample { length: 0.0, value: from.value, slope: dot(&from.gradient, direction) };
    if start.slope >= 0.0 || !start.slope.is_finite() {
        return None;
    }
    // Near the minimum, values differ by rounding alone, and the slope decides.
    let rounding = 8.0 * f64::EPSILON * from.value.abs();
    let (mut low, mut high, mut length) = (start, None::<Sample>, first);
    for _ in 0..TRIES {
        let mut at = from.at.clone();
        add(&mut at, length, direction);
        let point = evaluate(at);
        let here = Sample { length, value: point.value, slope: dot(&point.gradient, direction) };
        let promised = start.value + DECREASE * length * start.slope + rounding;
        let descends = here.value <= promised && here.value <= low.value + rounding;
        if !descends || !here.slope.is_finite() {
            high = Some(here);
        } else if here.slope.abs() <= -FLATNESS * start.slope {
            return Some(point);
        } else {
            let beyond =
                high.map_or(here.slope >= 0.0, |high| here.slope * (high.length - low.length) >= 0.0);
            if beyond {
                high = Some(low);
            }
            low = here;
        }
        length = match high {
            None => 2.0 * length,
            Some(high) => between(low, high),
        };
        if length == low.length {
            return None;
        }
    }
    None
}

/// The minimum of the cubic through both ends, kept away from them.
fn between(low: Sample, high: Sample) -> f64 {
    let width = high.length - low.length;
    let first = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.length - high.length);
    let root = (first * first - low.slope * high.slope).sqrt() * width.signum();
    let length = high.length - width * (high.slope + root - first) / (high.slope - low.slope + 2.0 * root);
    let share = (length - low.length) / width;
    // NaN, where the cubic has no minimum or an end is not finite, becomes the middle.
    low.length + width * if share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_the_largest_wherever_it_stands() {
        assert!(largest(&[f64::NAN, 0.0]).is_nan() && largest(&[0.0, f64::NAN]).is_nan());
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
    }

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let rosenbrock = |at: &[f64], gradient: &mut [f64]| {
            let (a, b) = (1.0 - at[0], at[1] - at[0] * at[0]);
            gradient[0] = -2.0 * a - 400.0 * at[0] * b;
            gradient[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let end = minimise(
            rosenbrock,
            vec![-1.2, 1.0],
            &Stopping { tolerance: 1e-10, iterations: 200 },
            largest,
            None,
        );
        assert!(
            end.gradient_norm <= 1e-10 && end.iterations < 60,
            "{} {}",
            end.gradient_norm,
            end.iterations
        );
        assert!(end.at.iter().all(|value| (value - 1.0).abs() < 1e-9), "{:?}", end.at);
    }

    #[test]
    fn a_valley_thirty_times_longer_than_wide_is_no_obstacle() {
        let quadratic = |at: &[f64], gradient: &mut [f64]| {
            let mut value = 0.0;
            for (place, (slope, at)) in gradient.iter_mut().zip(at).enumerate() {
                let curvature = 10.0_f64.powf(-3.0 * place as f64 / 49.0);
                *slope = curvature * (at - 3.0);
                value += 0.5 * curvature * (at - 3.0) * (at - 3.0);
            }
            value
        };
        let end = minimise(
            quadratic,
            vec![0.0; 50],
            &Stopping { tolerance: 1e-10, iterations: 400 },
            largest,
            None,
        );
        assert!(end.gradient_norm <= 1e-10, "{} {}", end.gradient_norm, end.iterations);
        assert!(end.at.iter().all(|value| (value - 3.0).abs() < 1e-6), "{:?}", end.at);
    }

    #[test]
    fn a_function_that_is_not_finite_ends_without_convergence() {
        let broken = |_: &[f64], gradient: &mut [f64]| {
            gradient.fill(f64::NAN);
            f64::NAN
        };
        let end = minimise(broken, vec![0.0; 2], &Stopping::default(), largest, None);
        assert!(end.gradient_norm.is_nan());
    }
}
