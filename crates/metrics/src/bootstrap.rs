//! Bootstrap over patients: an interval for any statistic.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    Clusters, Error, Estimate, Interval, IntervalMethod, Level, Metric, Predictions, Score, Statistic,
    Undefined, estimate::REFUSED_ABOVE, quantile,
};

/// Method that turns the replicates into an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootstrapMethod {
    /// Quantiles of the replicates.
    Percentile,
    /// Quantiles of the replicates, farther out for few patients: those of Student's t for the patients less one, and of the
    /// bootstrap variance, which is too small by (n − 1) / n (Hesterberg 2015, *What teachers should know about the
    /// bootstrap*).
    PercentileExpanded,
    /// Bias-corrected and accelerated (Efron 1987); the acceleration is that of the jackknife over patients.
    Bca,
    /// Bias-corrected and accelerated, with tails expanded as those of [`PercentileExpanded`](Self::PercentileExpanded).
    /// Where no acceleration exists (all replicates on one side, or a score that is undefined without some patient), the
    /// interval is the expanded percentile interval and says so.
    #[default]
    BcaExpanded,
}

impl BootstrapMethod {
    fn expands(self) -> bool {
        matches!(self, Self::PercentileExpanded | Self::BcaExpanded)
    }
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
    #[serde(default)]
    stratified: bool,
}

impl Bootstrap {
    /// A bootstrap with this number of replicates, this seed, and expanded BCa intervals at 95 %.
    ///
    /// # Errors
    ///
    /// If there are fewer than 100 or more than 10 million replicates. Five thousand give two stable digits.
    pub fn new(replicates: u32, seed: u64) -> Result<Self, Error> {
        if !(100..=10_000_000).contains(&replicates) {
            let (value, range) = (f64::from(replicates), "from 100 to 10,000,000");
            return Err(Error::InvalidSetting { name: "the number of bootstrap replicates", value, range });
        }
        let settings = Settings {
            replicates,
            level: Level::NINETY_FIVE,
            method: BootstrapMethod::default(),
            seed,
            stratified: false,
        };
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

    /// The same bootstrap, but [`estimate`](Self::estimate) draws within the patients whose samples have the same classes, as
    /// many as there are. Then no class is missing from a resample, and no score is undefined for that reason. The interval is
    /// that for samples whose numbers of patients by class were fixed beforehand.
    #[must_use]
    pub fn stratified(self) -> Self {
        Self(Settings { stratified: true, ..self.0 })
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

    /// Scores of these predictions with bootstrap intervals, all from the same resampled patients. [`estimates`](
    /// crate::estimates) chooses the interval by the kind of score instead.
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
        let strata = self.0.stratified.then(|| predictions.clusters().strata(predictions.truth_positions()));
        let mut estimates = self.resample_within(predictions.clusters(), strata.as_deref(), &statistics);
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
        self.resample_within(clusters, None, statistics)
    }

    fn resample_within(
        &self,
        clusters: &Clusters,
        strata: Option<&[Vec<usize>]>,
        statistics: &[&dyn Statistic],
    ) -> Vec<Estimate> {
        let patients = clusters.len();
        let scores: Vec<Score> = {
            let once = vec![1; clusters.samples()];
            statistics.iter().map(|statistic| statistic.weighted(&once)).collect()
        };
        if patients < 2 {
            let interval = Err(if patients == 0 { Undefined::NoSample } else { Undefined::TooFewPatients });
            let of = |score| Estimate { score, interval, undefined_replicates: 0, replicates: 0 };
            return scores.into_iter().map(of).collect();
        }
        let replicates = self.replicate(clusters, strata, statistics);
        let finish = |(at, score): (usize, Score)| {
            let mut values: Vec<f64> =
                replicates.iter().skip(at).step_by(statistics.len()).filter_map(|value| value.ok()).collect();
            let undefined_replicates = self.0.replicates - values.len() as u32; // no longer than `replicates`
            values.par_sort_unstable_by(f64::total_cmp);
            let interval = score
                .map_err(|_| Undefined::EstimateUndefined)
                .and_then(|score| self.interval(score, &values, clusters, statistics[at]));
            Estimate { score, interval, undefined_replicates, replicates: self.0.replicates }
        };
        scores.into_iter().enumerate().map(finish).collect()
    }

    /// All statistics of replicate 0, then of replicate 1, and so on.
    fn replicate(
        &self,
        clusters: &Clusters,
        strata: Option<&[Vec<usize>]>,
        statistics: &[&dyn Statistic],
    ) -> Vec<Score> {
        let mut replicates = vec![Err(Undefined::NoSample); self.0.replicates as usize * statistics.len()];
        if statistics.is_empty() {
            return replicates;
        }
        replicates.par_chunks_mut(statistics.len()).enumerate().for_each_init(
            Vec::new,
            |weights, (number, results)| {
                match strata {
                    Some(strata) => clusters.resample_within(strata, self.0.seed, number as u64, weights),
                    None => clusters.resample(self.0.seed, number as u64, weights),
                }
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
        let undefined = f64::from(self.0.replicates) - sorted.len() as f64;
        if sorted.is_empty() || undefined > REFUSED_ABOVE * f64::from(self.0.replicates) {
            return Err(Undefined::UndefinedInResamples);
        }
        let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
        // Sums in another order differ in their last digits; that is rounding, not variation.
        if last - first <= 1e-12 * first.abs().max(last.abs()) {
            return Err(Undefined::NoVariation);
        }
        let mut tail = self.0.level.tail();
        if self.0.method.expands() {
            let patients = clusters.len() as f64; // at least 2
            let reach = (patients / (patients - 1.0)).sqrt() * self.0.level.student_reach(patients - 1.0);
            tail = Normal::standard().cdf(-reach);
        }
        let corrected = || bca_tails(score, sorted, clusters, statistic, tail);
        let (low, high, method) = match self.0.method {
            BootstrapMethod::Percentile => (tail, 1.0 - tail, IntervalMethod::BootstrapPercentile),
            BootstrapMethod::PercentileExpanded => {
                (tail, 1.0 - tail, IntervalMethod::BootstrapPercentileExpanded)
            }
            BootstrapMethod::Bca => {
                let (low, high) = corrected()?;
                (low, high, IntervalMethod::BootstrapBca)
            }
            BootstrapMethod::BcaExpanded => match corrected() {
                Ok((low, high)) => (low, high, IntervalMethod::BootstrapBcaExpanded),
                Err(_) => (tail, 1.0 - tail, IntervalMethod::BootstrapPercentileExpanded),
            },
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
        Ok(Self(Settings { replicates: checked.0.replicates, ..settings }))
    }
}

impl From<Bootstrap> for Settings {
    fn from(bootstrap: Bootstrap) -> Self {
        bootstrap.0
    }
}
