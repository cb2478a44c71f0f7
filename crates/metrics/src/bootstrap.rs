//! Bootstrap over patients: an interval for any statistic.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    Clusters, Error, Interval, IntervalMethod, Level, Metric, Predictions, Score, Statistic, Undefined,
    as_value, quantile,
};

/// Method that turns the replicates into an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootstrapMethod {
    /// Quantiles of the replicates.
    #[default]
    Percentile,
    /// Bias-corrected and accelerated (Efron 1987); the acceleration is that of the jackknife over patients.
    Bca,
}

/// Resampling of patients with replacement: all images of a drawn patient count as often as the patient was drawn.
///
/// Replicate number r draws from stream r of a generator seeded with `seed`, so the result is the same for any number
/// of threads, and statistics that are resampled together see the same replicates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings", into = "Settings")]
pub struct Bootstrap(Settings);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    replicates: u32,
    level: Level,
    method: BootstrapMethod,
    seed: u64,
}

/// A score with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The score of all samples.
    #[serde(with = "as_value")]
    pub score: Score,
    /// Its interval.
    #[serde(with = "as_value")]
    pub interval: Result<Interval, Undefined>,
    /// Replicates in which the score was undefined; they are left out of the interval.
    pub undefined_replicates: u32,
}

impl fmt::Display for Estimate {
    /// Writes `0.9123 [0.8801, 0.9377]`, or the reason why it is undefined.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.score, &self.interval) {
            (Ok(score), Ok(interval)) => {
                write!(formatter, "{score:.4} [{:.4}, {:.4}]", interval.low, interval.high)
            }
            (Ok(score), Err(reason)) => write!(formatter, "{score:.4} (no interval: {reason})"),
            (Err(reason), _) => write!(formatter, "({reason})"),
        }
    }
}

impl Bootstrap {
    /// A bootstrap with this number of replicates, this seed, and percentile intervals at 95 %.
    ///
    /// # Errors
    ///
    /// If there are fewer than 100 or more than 10 million replicates. Two thousand give two stable digits.
    pub fn new(replicates: u32, seed: u64) -> Result<Self, Error> {
        if !(100..=10_000_000).contains(&replicates) {
            let (value, range) = (f64::from(replicates), "from 100 to 10,000,000");
            return Err(Error::InvalidSetting { name: "the number of bootstrap replicates", value, range });
        }
        let settings =
            Settings { replicates, level: Level::NINETY_FIVE, method: BootstrapMethod::Percentile, seed };
        Ok(Self(settings))
    }

    /// The same bootstrap with intervals at another level.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self(Settings { level, ..self.0 })
    }

    /// The same bootstrap with another kind of interval.
    #[must_use]
    pub fn with_method(self, method: BootstrapMethod) -> Self {
        Self(Settings { method, ..self.0 })
    }

    /// The number of replicates.
    #[must_use]
    pub fn replicates(&self) -> u32 {
        self.0.replicates
    }

    /// The level of the intervals.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// The kind of interval.
    #[must_use]
    pub fn method(&self) -> BootstrapMethod {
        self.0.method
    }

    /// Scores of these predictions with intervals, all from the same resampled patients.
    ///
    /// A calibration error has no interval ([`Undefined::BiasedByResampling`]): its value is too large on average, and
    /// a resample adds the same bias again. The value may lie outside the middle share of the replicates.
    ///
    /// # Errors
    ///
    /// If a metric does not fit the predictions.
    pub fn estimate(&self, predictions: &Predictions, metrics: &[Metric]) -> Result<Vec<Estimate>, Error> {
        let prepared =
            metrics.iter().map(|metric| metric.prepare(predictions)).collect::<Result<Vec<_>, _>>()?;
        let statistics: Vec<&dyn Statistic> = prepared.iter().map(|s| &**s as &dyn Statistic).collect();
        let mut estimates = self.resample(predictions.clusters(), &statistics);
        for (estimate, metric) in estimates.iter_mut().zip(metrics) {
            if estimate.score.is_ok() && !metric.bears_resampling() {
                estimate.interval = Err(Undefined::BiasedByResampling);
            }
        }
        Ok(estimates)
    }

    /// Any statistics with intervals, all from the same resampled patients.
    ///
    /// ```
    /// use radiograph_metrics::{Bootstrap, Clusters, Undefined};
    ///
    /// let (doses, patients) = ([2.0, 2.5, 1.0, 4.0, 3.5], ["a", "a", "b", "c", "d"]);
    /// let mean = |weights: &[u32]| {
    ///     let count: u32 = weights.iter().sum();
    ///     let sum: f64 = doses.iter().zip(weights).map(|(dose, &weight)| dose * f64::from(weight)).sum();
    ///     if count == 0 { Err(Undefined::NoSample) } else { Ok(sum / f64::from(count)) }
    /// };
    /// let estimates = Bootstrap::new(1_000, 7)?.resample(&Clusters::by_name(&patients), &[&mean]);
    /// assert_eq!(estimates[0].score, Ok(2.6));
    /// assert!(estimates[0].interval.unwrap().contains(2.6));
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn resample(&self, clusters: &Clusters, statistics: &[&dyn Statistic]) -> Vec<Estimate> {
        let patients = clusters.len();
        let scores: Vec<Score> = {
            let once = vec![1; clusters.samples()];
            statistics.iter().map(|statistic| statistic.weighted(&once)).collect()
        };
        if patients < 2 {
            let interval = Err(if patients == 0 { Undefined::NoSample } else { Undefined::TooFewPatients });
            let of = |score| Estimate { score, interval, undefined_replicates: 0 };
            return scores.into_iter().map(of).collect();
        }
        let replicates = self.replicate(clusters, statistics);
        let finish = |(at, score): (usize, Score)| {
            let mut values: Vec<f64> =
                replicates.iter().skip(at).step_by(statistics.len()).filter_map(|value| value.ok()).collect();
            let undefined_replicates = self.0.replicates - values.len() as u32; // no longer than `replicates`
            values.par_sort_unstable_by(f64::total_cmp);
            let interval = score
                .map_err(|_| Undefined::EstimateUndefined)
                .and_then(|score| self.interval(score, &values, clusters, statistics[at]));
            Estimate { score, interval, undefined_replicates }
        };
        scores.into_iter().enumerate().map(finish).collect()
    }

    /// All statistics of replicate 0, then of replicate 1, and so on.
    fn replicate(&self, clusters: &Clusters, statistics: &[&dyn Statistic]) -> Vec<Score> {
        let mut replicates = vec![Err(Undefined::NoSample); self.0.replicates as usize * statistics.len()];
        if statistics.is_empty() {
            return replicates;
        }
        replicates.par_chunks_mut(statistics.len()).enumerate().for_each_init(
            Vec::new,
            |weights, (number, results)| {
                clusters.resample(self.0.seed, number as u64, weights);
                for (result, statistic) in results.iter_mut().zip(statistics) {
                    *result = statistic.weighted(weights);
                }
            },
        );
        replicates
    }

    fn interval(
        &self,
        score: f64,
        sorted: &[f64],
        clusters: &Clusters,
        statistic: &dyn Statistic,
    ) -> Result<Interval, Undefined> {
        if sorted.len() * 2 < self.0.replicates as usize {
            return Err(Undefined::UndefinedInResamples);
        }
        let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
        // Sums in another order differ in their last digits; that is rounding, not variation.
        if last - first <= 1e-12 * first.abs().max(last.abs()) {
            return Err(Undefined::NoVariation);
        }
        let tail = self.0.level.tail();
        let (low, high, method) = match self.0.method {
            BootstrapMethod::Percentile => (tail, 1.0 - tail, IntervalMethod::BootstrapPercentile),
            BootstrapMethod::Bca => {
                let (low, high) = bca_tails(score, sorted, clusters, statistic, tail)?;
                (low, high, IntervalMethod::BootstrapBca)
            }
        };
        let (low, high) = (quantile(sorted, low)?, quantile(sorted, high)?);
        Ok(Interval { low, high, level: self.0.level, method })
    }
}

/// Quantiles that replace `tail` and `1 − tail`, from the bias of the replicates and the skewness of the jackknife.
fn bca_tails(
    score: f64,
    sorted: &[f64],
    clusters: &Clusters,
    statistic: &dyn Statistic,
    tail: f64,
) -> Result<(f64, f64), Undefined> {
    let normal = Normal::standard();
    let below = sorted.partition_point(|&value| value < score);
    let not_above = sorted.partition_point(|&value| value <= score);
    // Replicates equal to the score count half.
    let share = (below + not_above) as f64 / (2 * sorted.len()) as f64;
    if share <= 0.0 || share >= 1.0 {
        return Err(Undefined::OneSided);
    }
    let bias = normal.inverse_cdf(share);
    let acceleration = acceleration(clusters, statistic)?;
    let adjusted = |z: f64| normal.cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
    let reach = normal.inverse_cdf(tail);
    Ok((adjusted(reach), adjusted(-reach)))
}

/// A sixth of the skewness of the statistic with one patient left out at a time.
fn acceleration(clusters: &Clusters, statistic: &dyn Statistic) -> Result<f64, Undefined> {
    let left_out: Vec<f64> = (0..clusters.len())
        .into_par_iter()
        .map_init(
            || vec![1; clusters.samples()],
            |weights, patient| {
                clusters.members(patient).for_each(|sample| weights[sample] = 0);
                let value = statistic.weighted(weights);
                clusters.members(patient).for_each(|sample| weights[sample] = 1);
                value
            },
        )
        .collect::<Result<_, _>>()?;
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let (squares, cubes) = left_out.iter().fold((0.0, 0.0), |(squares, cubes), value| {
        let deviation = mean - value;
        (squares + deviation * deviation, cubes + deviation.powi(3))
    });
    if squares == 0.0 { Err(Undefined::NoVariation) } else { Ok(cubes / (6.0 * squares * squares.sqrt())) }
}

impl TryFrom<Settings> for Bootstrap {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self, Error> {
        let checked = Self::new(settings.replicates, settings.seed)?;
        Ok(checked.with_level(settings.level).with_method(settings.method))
    }
}

impl From<Bootstrap> for Settings {
    fn from(bootstrap: Bootstrap) -> Self {
        bootstrap.0
    }
}
