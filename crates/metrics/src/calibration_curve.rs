//! A flexible calibration curve: the observed share of positives as a smooth function of the probability.

use serde::{Deserialize, Serialize};

use crate::{
    BinaryScores, Bootstrap, BootstrapMethod, Clusters, Error, Estimate, Score, Statistic, Undefined,
    delong::check_samples,
};

/// Share of the samples that each place of the curve is fitted on.
const SPAN: f64 = 2.0 / 3.0;

/// A smooth curve of the observed share of positives over the probability, with a pointwise band over patients.
///
/// The curve is LOWESS (Cleveland 1979, *Robust locally weighted regression and smoothing scatterplots*): at each place a line
/// fitted to the nearest two thirds of the samples with tricube weights, without the robustness iterations, which do not suit
/// outcomes of 0 and 1. Van Calster et al. 2016, *A calibration hierarchy for risk models was defined: from utopia to empirical
/// data*, call it the flexible curve; span and smoother are the defaults of Harrell's `val.prob`. It is cut at 0 and 1.
///
/// ```
/// use radiograph_metrics::{BinaryScores, Bootstrap, CalibrationCurve, Clusters};
///
/// let p: Vec<f64> = (0..200).map(|i| f64::from(i) / 200.0).collect();
/// let positive: Vec<bool> = (0..200).map(|i| i % 2 == 0).collect(); // half of them, whatever p says
/// let scores = BinaryScores::new(&positive, &p)?;
/// let curve = CalibrationCurve::of(&scores, &Clusters::each_alone(200), 11, &Bootstrap::new(200, 7)?)?;
/// let first = &curve.points[0];
/// assert!((first.observed.score? - 0.5).abs() < 0.05);
/// assert!(first.observed.interval?.low > first.predicted); // p is too low here
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationCurve {
    /// Places of the curve, evenly from the smallest probability to the largest. Empty without samples.
    pub points: Vec<CalibrationPoint>,
}

/// One place of a calibration curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationPoint {
    /// Probability.
    pub predicted: f64,
    /// Share of positives near it, in [0, 1]. The interval is a percentile bootstrap's over patients, for this place alone.
    pub observed: Estimate,
}

impl CalibrationCurve {
    /// The curve at `points` places, with a band from `bootstrap`. One place is at the smallest probability.
    ///
    /// # Errors
    ///
    /// If `clusters` has another number of samples, if `points` is 0 or above 1,000, or at the first score outside [0, 1].
    pub fn of(
        scores: &BinaryScores,
        clusters: &Clusters,
        points: u32,
        bootstrap: &Bootstrap,
    ) -> Result<Self, Error> {
        check_samples(scores, clusters)?;
        scores.check_probabilities()?;
        if !(1..=1_000).contains(&points) {
            let (value, range) = (f64::from(points), "from 1 to 1,000");
            return Err(Error::InvalidSetting { name: "the number of points of a curve", value, range });
        }
        let smooth = Lowess::of(scores);
        let (Some(first), Some(last)) = (smooth.samples.first(), smooth.samples.last()) else {
            return Ok(Self { points: Vec::new() });
        };
        let step = (last.0 - first.0) / f64::from((points - 1).max(1));
        let places: Vec<f64> = (0..points).map(|at| first.0 + f64::from(at) * step).collect();
        let of = |&place: &f64| {
            let smooth = &smooth;
            move |weights: &[u32]| smooth.at(place, weights)
        };
        let statistics: Vec<_> = places.iter().map(of).collect();
        let statistics: Vec<&dyn Statistic> = statistics.iter().map(|of| of as &dyn Statistic).collect();
        // A smoothed share near 0 or 1 is often cut in all replicates on one side; percentiles bear that, BCa does not.
        let bootstrap = bootstrap.with_method(BootstrapMethod::PercentileExpanded);
        let observed = bootstrap.resample(clusters, &statistics);
        let point = |(predicted, observed)| CalibrationPoint { predicted, observed };
        Ok(Self { points: places.into_iter().zip(observed).map(point).collect() })
    }
}

/// Samples by rising score, for local lines.
struct Lowess {
    /// Score, outcome and number of each sample.
    samples: Vec<(f64, bool, usize)>,
}

impl Lowess {
    fn of(scores: &BinaryScores) -> Self {
        let lists = scores.scores().iter().zip(scores.positive()).enumerate();
        let mut samples: Vec<_> = lists.map(|(at, (&score, &positive))| (score, positive, at)).collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { samples }
    }

    /// The local line at `place`, when sample `i` counts `weights[i]` times.
    fn at(&self, place: f64, weights: &[u32]) -> Score {
        let all: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        if all == 0 {
            return Err(Undefined::NoSample);
        }
        let (from, to, reach) = self.neighbourhood(place, weights, (SPAN * all as f64 + 1e-10) as u64);
        // Without reach the quotient is NaN and the weight 0.
        let tricube = |x: f64| (1.0 - ((x - place).abs() / reach).powi(3)).max(0.0).powi(3);
        let of = |&(x, positive, at): &(f64, bool, usize)| {
            (x, f64::from(u8::from(positive)), tricube(x) * f64::from(weights[at]))
        };
        let mut near: Vec<(f64, f64, f64)> = self.samples[from..to].iter().map(of).collect();
        if near.iter().all(|sample| sample.2 == 0.0) {
            // The nearest are all equally far away, and count alike.
            for (near, sample) in near.iter_mut().zip(&self.samples[from..to]) {
                near.2 = f64::from(weights[sample.2]);
            }
        }
        let (mut sum, mut mean, mut outcome) = (0.0, 0.0, 0.0);
        for (x, y, weight) in &near {
            (sum, mean, outcome) = (sum + weight, mean + weight * x, outcome + weight * y);
        }
        (mean, outcome) = (mean / sum, outcome / sum);
        let (mut spread, mut together) = (0.0, 0.0);
        for (x, y, weight) in &near {
            spread += weight * (x - mean).powi(2);
            together += weight * (x - mean) * (y - outcome);
        }
        // Without spread there is no line to lay: the mean stands.
        let slope = if spread > 1e-12 * sum { together / spread } else { 0.0 };
        Ok((outcome + slope * (place - mean)).clamp(0.0, 1.0))
    }

    /// The range of samples that holds the `count` nearest ones (at least one), by weight, with all that are as far away as the
    /// farthest of them, and that distance.
    fn neighbourhood(&self, place: f64, weights: &[u32], count: u64) -> (usize, usize, f64) {
        let weight = |at: usize| u64::from(weights[self.samples[at].2]);
        let distance =
            |at: usize| self.samples.get(at).map_or(f64::INFINITY, |sample| (sample.0 - place).abs());
        let mut from = self.samples.partition_point(|sample| sample.0 < place);
        let (mut to, mut held, mut reach) = (from, 0, 0.0);
        loop {
            let left = from.checked_sub(1).map_or(f64::INFINITY, distance);
            let nearest = left.min(distance(to));
            if nearest == f64::INFINITY || (held >= count.max(1) && nearest > reach) {
                return (from, to, reach);
            }
            let next = if left <= distance(to) {
                from -= 1;
                from
            } else {
                to += 1;
                to - 1
            };
            if weight(next) > 0 {
                held += weight(next);
                reach = nearest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowess(samples: &[(f64, bool)]) -> Lowess {
        let (p, positive): (Vec<f64>, Vec<bool>) = samples.iter().copied().unzip();
        Lowess::of(&BinaryScores::new(&positive, &p).unwrap())
    }

    #[test]
    fn a_sample_of_weight_two_is_that_sample_twice() {
        let samples = [(0.1, false), (0.2, true), (0.35, false), (0.5, true), (0.6, false), (0.9, true)];
        let weights = [2, 0, 1, 3, 1, 2];
        let repeat = |(&sample, &times): (&(f64, bool), &u32)| std::iter::repeat_n(sample, times as usize);
        let repeated: Vec<_> = samples.iter().zip(&weights).flat_map(repeat).collect();
        for place in [0.1, 0.3, 0.55, 0.9] {
            let weighted = lowess(&samples).at(place, &weights).unwrap();
            let expected = lowess(&repeated).at(place, &vec![1; repeated.len()]).unwrap();
            assert!((weighted - expected).abs() < 1e-12, "{place}: {weighted} and {expected}");
        }
    }

    #[test]
    fn ties_and_single_samples_have_a_curve() {
        let tied = lowess(&[(0.5, true), (0.5, false), (0.5, false)]);
        assert!((tied.at(0.5, &[1; 3]).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(tied.at(0.5, &[1, 0, 0]), Ok(1.0));
        assert_eq!(tied.at(0.5, &[0; 3]), Err(Undefined::NoSample));
        let scores = BinaryScores::new(&[true, false], &[0.2, 0.4]).unwrap();
        let bootstrap = Bootstrap::new(100, 1).unwrap();
        let of = |points| CalibrationCurve::of(&scores, &Clusters::each_alone(2), points, &bootstrap);
        assert_eq!(of(3).unwrap().points.len(), 3);
        assert!(of(0).is_err());
    }
}
