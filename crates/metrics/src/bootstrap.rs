//! Bootstrap over patients: an interval for any statistic.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
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
    /// Bias-corrected and accelerated (Efron 1987); the acceleration is that of the jackknife over patients, or over 1,000 groups
    /// of patients if there are more (Efron and Narasimhan 2020, *The automatic construction of bootstrap confidence intervals*).
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

/// Greatest number of scores that a jackknife computes. One for each patient would grow with the square of their number.
const GROUPS: usize = 1000;

/// A sixth of the skewness of the statistic with one patient, or one group of patients, left out at a time.
fn acceleration(clusters: &Clusters, statistic: &dyn Statistic) -> Result<f64, Undefined> {
    let groups = groups(clusters.len());
    let left_out: Vec<f64> = (0..groups.len())
        .into_par_iter()
        .map_init(
            || vec![1; clusters.samples()],
            |weights, group| {
                let samples = || groups[group].iter().flat_map(|patient| clusters.members(*patient));
                samples().for_each(|sample| weights[sample] = 0);
                let value = statistic.weighted(weights);
                samples().for_each(|sample| weights[sample] = 1);
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

/// Each patient alone, or groups of nearly equal size that are drawn at random, because neighbours may come from one source.
fn groups(patients: usize) -> Vec<Vec<usize>> {
    if patients <= GROUPS {
        return (0..patients).map(|patient| vec![patient]).collect();
    }
    let mut drawn: Vec<usize> = (0..patients).collect();
    let mut random = ChaCha8Rng::seed_from_u64(0);
    for place in (1..patients).rev() {
        // Below place + 1, the number of those that are left.
        let other = (u64::from(random.next_u32()) * (place as u64 + 1)) >> 32;
        drawn.swap(place, other as usize);
    }
    (0..GROUPS).map(|group| drawn.iter().skip(group).step_by(GROUPS).copied().collect()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of samples that are not every hundredth one.
    fn share(weights: &[u32]) -> Result<f64, Undefined> {
        let all: u32 = weights.iter().sum();
        let ones: u32 = weights.iter().enumerate().filter(|(at, _)| at % 100 != 0).map(|(_, of)| of).sum();
        Ok(f64::from(ones) / f64::from(all))
    }

    /// Of a mean it is its skewness by 6, and that of a share p of n is (1 − 2p) / √(n p (1 − p)).
    #[test]
    fn the_acceleration_of_many_patients_is_that_of_each_alone() {
        let (p, mut checked) = (0.99_f64, 0);
        for patients in [800, 1000, 4000, 9000] {
            let found = acceleration(&Clusters::each_alone(patients), &share).unwrap();
            let expected = (1.0 - 2.0 * p) / (patients as f64 * p * (1.0 - p)).sqrt() / 6.0;
            // In groups, the third power depends on how many of the 40 and 90 others meet in one: 8 % a standard deviation.
            let tolerance = if patients <= GROUPS { 1e-9 } else { 0.25 };
            assert!((found / expected - 1.0).abs() < tolerance, "{patients}: {found}, expected {expected}");
            checked += 1;
        }
        assert_eq!(checked, 4);
        let groups = groups(2500);
        assert!(groups.len() == GROUPS && groups.iter().all(|group| (2..=3).contains(&group.len())));
        let mut all = groups.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..2500));
    }
}
