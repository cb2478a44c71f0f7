//! Pointwise bands around ROC and precision-recall curves, from resampling patients.
//!
//! At each place of the horizontal axis, the band covers the middle share of the resampled heights. A band for the
//! whole curve at once would be wider.

use radiograph_metrics::{BinaryScores, Clusters, Level, Undefined, quantile};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The resampling of patients for the bands around ROC and precision-recall curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct CurveBands {
    /// Number of resamples, 100 to 100,000.
    pub replicates: u32,
    /// Seed of the resampling.
    pub seed: u64,
}

/// Number of places on the horizontal axis, both ends included.
const PLACES: usize = 51;

/// A band: heights between `low` and `high` at each place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    /// The places, rising from 0 to 1.
    pub(crate) places: Vec<f64>,
    /// The lower end at each place.
    pub(crate) low: Vec<f64>,
    /// The upper end at each place.
    pub(crate) high: Vec<f64>,
}

/// Samples by falling score: (sample, positive, whether the next one has another score).
struct Order(Vec<(usize, bool, bool)>);

/// Heights of a resampled curve; `None` where the curve has none.
type Heights = [Option<f64>; PLACES];

impl Band {
    /// True positive rate against false positive rate.
    ///
    /// # Errors
    ///
    /// Undefined unless there is a positive and a negative, and two patients.
    pub(crate) fn roc(
        scores: &BinaryScores,
        clusters: &Clusters,
        level: Level,
        settings: CurveBands,
    ) -> Result<Self, Undefined> {
        let order = Order::of(scores);
        Self::resampled(clusters, level, settings, |weights| order.true_positive_rates(weights))
    }

    /// Precision against recall.
    ///
    /// # Errors
    ///
    /// Undefined without a positive, and with fewer than two patients.
    pub(crate) fn precision_recall(
        scores: &BinaryScores,
        clusters: &Clusters,
        level: Level,
        settings: CurveBands,
    ) -> Result<Self, Undefined> {
        let order = Order::of(scores);
        Self::resampled(clusters, level, settings, |weights| order.precisions(weights))
    }

    /// Place, lower and upper end at each place.
    pub(crate) fn into_points(self) -> Vec<(f64, f64, f64)> {
        let ends = self.low.into_iter().zip(self.high);
        self.places.into_iter().zip(ends).map(|(place, (low, high))| (place, low, high)).collect()
    }

    fn resampled(
        clusters: &Clusters,
        level: Level,
        settings: CurveBands,
        curve: impl Fn(&[u32]) -> Heights + Sync,
    ) -> Result<Self, Undefined> {
        let patients = clusters.len();
        if patients < 2 {
            return Err(if patients == 0 { Undefined::NoSample } else { Undefined::TooFewPatients });
        }
        let resamples: Vec<Heights> = (0..settings.replicates)
            .into_par_iter()
            .map_init(Vec::new, |weights, replicate| {
                clusters.resample(settings.seed, u64::from(replicate), weights);
                curve(weights)
            })
            .collect();
        let tail = level.tail();
        let mut band = Self { places: Vec::new(), low: Vec::new(), high: Vec::new() };
        for at in 0..PLACES {
            let mut heights: Vec<f64> = resamples.iter().filter_map(|resample| resample[at]).collect();
            if heights.len() * 2 < resamples.len() {
                continue;
            }
            heights.sort_unstable_by(f64::total_cmp);
            band.places.push(place(at));
            band.low.push(quantile(&heights, tail)?);
            band.high.push(quantile(&heights, 1.0 - tail)?);
        }
        if band.places.is_empty() { Err(Undefined::UndefinedInResamples) } else { Ok(band) }
    }
}

impl Order {
    fn of(scores: &BinaryScores) -> Self {
        let values = scores.scores();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let next = |at: usize| order.get(at + 1).is_none_or(|&next| values[next] != values[order[at]]);
        Self(order.iter().enumerate().map(|(at, &i)| (i, scores.positive()[i], next(at))).collect())
    }

    /// Positives and negatives at or above each distinct score, from none to all.
    fn walk(&self, weights: &[u32], mut step: impl FnMut(u64, u64)) {
        let (mut hits, mut alarms) = (0, 0);
        step(0, 0);
        for &(sample, positive, last) in &self.0 {
            let weight = u64::from(weights[sample]);
            if positive {
                hits += weight;
            } else {
                alarms += weight;
            }
            if last {
                step(hits, alarms);
            }
        }
    }

    fn totals(&self, weights: &[u32]) -> (u64, u64) {
        self.0.iter().fold((0, 0), |(positives, negatives), &(sample, positive, _)| {
            let weight = u64::from(weights[sample]);
            if positive { (positives + weight, negatives) } else { (positives, negatives + weight) }
        })
    }

    /// Heights at every place of the curve drawn with straight lines; the upper end where it rises vertically.
    fn true_positive_rates(&self, weights: &[u32]) -> Heights {
        let (positives, negatives) = self.totals(weights);
        let mut heights = [None; PLACES];
        if positives == 0 || negatives == 0 {
            return heights;
        }
        let (mut at, mut before) = (0, (0.0, 0.0));
        self.walk(weights, |hits, alarms| {
            let now = (alarms as f64 / negatives as f64, hits as f64 / positives as f64);
            while at < PLACES && place(at) < now.0 {
                let part = (place(at) - before.0) / (now.0 - before.0);
                heights[at] = Some(before.1 + part * (now.1 - before.1));
                at += 1;
            }
            before = now;
        });
        heights[at..].fill(Some(1.0));
        heights
    }

    /// The precision at the highest threshold that reaches each recall; at recall 0, the precision at the highest
    /// score.
    fn precisions(&self, weights: &[u32]) -> Heights {
        let (positives, _) = self.totals(weights);
        let mut heights = [None; PLACES];
        if positives == 0 {
            return heights;
        }
        let mut at = 0;
        self.walk(weights, |hits, alarms| {
            if hits + alarms == 0 {
                return;
            }
            let (recall, precision) = (hits as f64 / positives as f64, hits as f64 / (hits + alarms) as f64);
            while at < PLACES && place(at) <= recall {
                heights[at] = Some(precision);
                at += 1;
            }
        });
        heights
    }
}

fn place(at: usize) -> f64 {
    at as f64 / (PLACES - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: CurveBands = CurveBands { replicates: 400, seed: 7 };

    /// Scores 0.9, 0.8, 0.8, 0.4, 0.3 with weights 2, 1, 3, 0, 2, of which the 1st, 2nd and 5th are positive.
    fn example() -> (Order, [u32; 5]) {
        let scores =
            BinaryScores::new(&[true, true, false, false, true], &[0.9, 0.8, 0.8, 0.4, 0.3]).unwrap();
        (Order::of(&scores), [2, 1, 3, 0, 2])
    }

    #[test]
    fn rates_of_weighted_samples_are_those_counted_by_hand() {
        let (order, weights) = example();
        // 5 positives and 3 negatives: (0, 2/5) after the first score, (1, 3/5) after the tie, then (1, 1).
        let rates = order.true_positive_rates(&weights);
        assert_eq!(rates[0], Some(0.4));
        assert!((rates[25].unwrap() - 0.5).abs() < 1e-12, "half-way along the tie");
        assert_eq!(rates[50], Some(1.0));
        // Precision: 2/2 up to recall 2/5, 3/6 up to 3/5, 5/8 up to 1.
        let precisions = order.precisions(&weights);
        assert_eq!((precisions[0], precisions[20]), (Some(1.0), Some(1.0)));
        assert_eq!((precisions[21], precisions[30]), (Some(0.5), Some(0.5)));
        assert_eq!((precisions[31], precisions[50]), (Some(0.625), Some(0.625)));
    }

    /// Made by scikit-learn 1.x:
    ///
    ///     f, t, _ = roc_curve(y, s, sample_weight=w, drop_intermediate=False); numpy.interp(x, f, t)
    ///     p, r, _ = precision_recall_curve(y, s, sample_weight=w); p, r = p[::-1][1:], r[::-1][1:]; p[argmax(r >= x)]
    #[test]
    fn weighted_curves_are_those_of_scikit_learn() {
        let positive = [1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1].map(|label| label == 1);
        let scores = [0.95, 0.9, 0.9, 0.8, 0.7, 0.7, 0.6, 0.55, 0.5, 0.4, 0.3, 0.1];
        let weights = [1, 2, 0, 3, 1, 1, 2, 1, 1, 4, 1, 1];
        let order = Order::of(&BinaryScores::new(&positive, &scores).unwrap());
        let rates = order.true_positive_rates(&weights);
        for (at, expected) in [(5, 0.125), (13, 0.5), (20, 0.75), (26, 0.875), (37, 0.875), (45, 0.875)] {
            assert_eq!(rates[at], Some(expected), "false positive rate {}", place(at));
        }
        let precisions = order.precisions(&weights);
        let expected =
            [(0, 1.0), (5, 1.0), (13, 2.0 / 3.0), (26, 0.6), (37, 0.6), (45, 4.0 / 9.0), (50, 4.0 / 9.0)];
        for (at, expected) in expected {
            assert!((precisions[at].unwrap() - expected).abs() < 1e-12, "recall {}", place(at));
        }
    }

    #[test]
    fn perfect_scores_have_no_width_and_equal_scores_stay_on_the_diagonal() {
        let positive: Vec<bool> = (0..40).map(|i| i % 2 == 0).collect();
        let clusters = Clusters::each_alone(40);
        let perfect: Vec<f64> = positive.iter().map(|&positive| f64::from(u8::from(positive))).collect();
        let perfect = BinaryScores::new(&positive, &perfect).unwrap();
        let band = Band::roc(&perfect, &clusters, Level::NINETY_FIVE, SETTINGS).unwrap();
        assert!(band.low.iter().chain(&band.high).all(|&height| height == 1.0));
        let equal = BinaryScores::new(&positive, &[0.5; 40]).unwrap();
        let band = Band::roc(&equal, &clusters, Level::NINETY_FIVE, SETTINGS).unwrap();
        let off = |(place, height): (&f64, &f64)| (place - height).abs();
        let furthest = band.places.iter().zip(&band.low).chain(band.places.iter().zip(&band.high)).map(off);
        assert!(furthest.fold(0.0, f64::max) < 1e-12);
    }

    #[test]
    fn a_band_is_as_wide_as_the_binomial_says() {
        // 200 negatives score 1 to 200, 100 positives above all of them or below: 80 above. At false positive rate 0 the
        // rate is 0.8 with a standard error of √(0.8 · 0.2 / 100) = 0.04; the 95 % interval is 0.8 ± 0.0784.
        let positive: Vec<bool> = (0..300).map(|i| i < 100).collect();
        let scores: Vec<f64> = (0..300)
            .map(|i| match i {
                0..80 => 1000.0 + f64::from(i),
                80..100 => -f64::from(i),
                i => f64::from(i - 99),
            })
            .collect();
        let scores = BinaryScores::new(&positive, &scores).unwrap();
        let settings = CurveBands { replicates: 4_000, seed: 3 };
        let band = Band::roc(&scores, &Clusters::each_alone(300), Level::NINETY_FIVE, settings).unwrap();
        assert!((band.low[0] - (0.8 - 0.0784)).abs() < 0.012, "{}", band.low[0]);
        assert!((band.high[0] - (0.8 + 0.0784)).abs() < 0.012, "{}", band.high[0]);
    }

    #[test]
    fn one_patient_has_no_band() {
        let scores = BinaryScores::new(&[true, false], &[0.9, 0.1]).unwrap();
        let clusters = Clusters::by_name(&["ann", "ann"]);
        let band = Band::roc(&scores, &clusters, Level::NINETY_FIVE, SETTINGS);
        assert_eq!(band, Err(Undefined::TooFewPatients));
    }
}
