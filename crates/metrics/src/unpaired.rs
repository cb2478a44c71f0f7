//! Compares a score of one set of patients with that of another, such as at home and elsewhere.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    Estimate, Evaluation, Interval, IntervalMethod, Metric, Score, Table, Undefined, as_value, holm,
    score::quotient, table::p_cell,
};

/// A metric on two sets that share no patient, and the difference.
///
/// The interval of the difference is made of the two intervals (MOVER: Zou and Donner 2008, *Construction of confidence limits
/// about effect measures: a general approach*): the lower end takes the lower end of the first score and the upper end of
/// the second, the upper end the other two; their distances from their scores are added as variances are. It is as lopsided as they are, and for two Wilson intervals it is Newcombe's.
///
/// ```
/// use radiograph_metrics::{Bootstrap, Evaluation, Metric, Predictions, Unpaired};
///
/// let home = "label,p_a,p_b\na,0.9,0.1\na,0.8,0.2\nb,0.3,0.7\nb,0.1,0.9\n";
/// let elsewhere = "label,p_a,p_b\na,0.4,0.6\na,0.8,0.2\nb,0.6,0.4\nb,0.1,0.9\n";
/// let evaluated = |text: &str| {
///     Evaluation::of(&Predictions::read_csv(text.as_bytes(), None)?, &Bootstrap::new(100, 7)?)
/// };
/// let differences = Unpaired::of(&evaluated(home)?, &evaluated(elsewhere)?, &[Metric::Accuracy]);
/// assert_eq!(differences[0].difference.score, Ok(0.5));
/// assert!(differences[0].p_value? > 0.05); // four images a side
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unpaired {
    /// The metric.
    pub metric: Metric,
    /// Its value in the first set.
    pub first: Estimate,
    /// Its value in the second set.
    pub second: Estimate,
    /// First less second.
    pub difference: Estimate,
    /// Two-sided p-value of no difference. It is below one less the level exactly where the interval excludes 0.
    #[serde(with = "as_value")]
    pub p_value: Score,
    /// The p-value after Holm's correction over all metrics that were compared.
    pub adjusted_p_value: Option<f64>,
}

impl Unpaired {
    /// The differences of these metrics, first set less second, as far as both evaluations have them. The p-values are
    /// corrected together by Holm.
    ///
    /// The sets must share no patient: their scores count as independent.
    #[must_use]
    pub fn of(first: &Evaluation, second: &Evaluation, metrics: &[Metric]) -> Vec<Self> {
        let both = |metric: &Metric| Some((first.estimate(metric)?, second.estimate(metric)?));
        let mut found: Vec<Self> = metrics
            .iter()
            .filter_map(|metric| {
                let (first, second) = both(metric)?;
                Some(Self::between(metric.clone(), first.clone(), second.clone()))
            })
            .collect();
        let tested: Vec<f64> = found.iter().filter_map(|of| of.p_value.ok()).collect();
        let mut adjusted = holm(&tested).unwrap_or_default().into_iter(); // p-values are in [0, 1]
        for of in found.iter_mut().filter(|of| of.p_value.is_ok()) {
            of.adjusted_p_value = adjusted.next();
        }
        found
    }

    /// The difference of one metric, from its estimates in two sets that share no patient.
    #[must_use]
    pub fn between(metric: Metric, first: Estimate, second: Estimate) -> Self {
        let score = first.score.and_then(|score| Ok(score - second.score?));
        let interval = first.interval.and_then(|ours| mover(&first, ours, &second, second.interval?));
        let p_value = score.and_then(|difference| p_value(difference, &interval?));
        let difference = Estimate::without_resampling(score, interval);
        Self { metric, first, second, difference, p_value, adjusted_p_value: None }
    }
}

/// Of two scores with the intervals `ours` and `theirs`.
fn mover(
    first: &Estimate,
    ours: Interval,
    second: &Estimate,
    theirs: Interval,
) -> Result<Interval, Undefined> {
    let (a, b) = (first.score?, second.score?);
    let reach = |one: f64, other: f64| one.hypot(other);
    let low = a - b - reach(a - ours.low, theirs.high - b);
    let high = a - b + reach(ours.high - a, b - theirs.low);
    Ok(Interval { low, high, level: ours.level, method: IntervalMethod::Mover })
}

/// Normal, with the standard error on the side of 0: the distance to that end over the half-width in standard errors.
fn p_value(difference: f64, interval: &Interval) -> Score {
    let towards_zero = if difference > 0.0 { difference - interval.low } else { interval.high - difference };
    let error = towards_zero / interval.level.normal_reach();
    Ok(2.0 * Normal::standard().cdf(-quotient(difference.abs(), error, Undefined::NoVariation)?))
}

impl From<&[Unpaired]> for Table {
    /// A table with one row per metric.
    fn from(differences: &[Unpaired]) -> Self {
        let mut table = Self::new(["score", "first", "second", "difference", "p", "p (Holm)"]);
        for of in differences {
            table.push([
                of.metric.to_string(),
                of.first.to_string(),
                of.second.to_string(),
                of.difference.to_string(),
                p_cell(of.p_value),
                of.adjusted_p_value.map_or_else(|| "-".to_owned(), |p| p_cell(Ok(p))),
            ]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Level, Proportion};

    fn share(successes: u64, trials: u64) -> Estimate {
        let share = Proportion::new(successes, trials).unwrap();
        Estimate::without_resampling(Ok(successes as f64 / trials as f64), share.wilson(Level::NINETY_FIVE))
    }

    /// Successes and trials.
    type Counts = (u64, u64);

    /// Counts of two sets, and the ends of the interval.
    const STATSMODELS: [(Counts, Counts, f64, f64); 5] = [
        ((56, 70), (48, 80), 0.05243147240236498, 0.33387265403690614),
        ((9, 10), (3, 10), 0.1705227239345029, 0.809017973535488),
        ((10, 10), (20, 20), -0.27753279986288937, 0.16112515805281957),
        ((1, 40), (12, 30), -0.552989385692656, -0.1891986105029134),
        ((130, 168), (61, 90), -0.015425996077808493, 0.2128416658092127),
    ];

    /// Made by statsmodels 0.15: `confint_proportions_2indep(a, n, b, m, method="newcomb")`.
    #[test]
    fn shares_have_newcombes_interval() {
        for (first, second, low, high) in STATSMODELS {
            let of = Unpaired::between(Metric::Accuracy, share(first.0, first.1), share(second.0, second.1));
            let interval = of.difference.interval.unwrap();
            assert!(
                (interval.low - low).abs() < 1e-10 && (interval.high - high).abs() < 1e-10,
                "{interval:?}"
            );
            assert_eq!(of.p_value.unwrap() < 0.05, !interval.contains(0.0));
        }
    }

    #[test]
    fn what_has_no_interval_has_no_test() {
        let none = Estimate::without_resampling(Ok(0.5), Err(Undefined::BiasedByResampling));
        let of = Unpaired::between(Metric::LogLoss, share(3, 9), none);
        assert_eq!(of.difference.score, Ok(3.0 / 9.0 - 0.5));
        assert_eq!((of.p_value, of.adjusted_p_value), (Err(Undefined::BiasedByResampling), None));
        let same = Unpaired::between(Metric::Accuracy, share(5, 9), share(5, 9));
        assert_eq!(same.p_value, Ok(1.0));
    }
}
