//! Confidence levels and intervals, and exact and approximate intervals of a proportion.

use std::fmt;

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, Normal};

use crate::{Error, Score, Undefined, score::ratio};

/// A confidence level, above 0 and below 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// 0.95.
    pub const NINETY_FIVE: Self = Self(0.95);

    /// A confidence level such as 0.9 or 0.99.
    ///
    /// # Errors
    ///
    /// If it is not between 0 and 1, both excluded.
    pub fn new(level: f64) -> Result<Self, Error> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            let range = "above 0 and below 1, such as 0.95";
            Err(Error::InvalidSetting { name: "the confidence level", value: level, range })
        }
    }

    /// The level as a number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// Probability in each tail: 0.025 at 0.95.
    #[must_use]
    pub fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Half-width of a normal interval, in standard errors.
    pub(crate) fn normal_reach(self) -> f64 {
        -Normal::standard().inverse_cdf(self.tail())
    }

    /// Half-width of a Student interval with these degrees of freedom, above 0, in standard errors.
    ///
    /// Student's t is √(ν (1 − x) / x) where x has the beta distribution of ν/2 and 1/2.
    pub(crate) fn student_reach(self, freedom: f64) -> f64 {
        let beyond = beta_quantile(freedom / 2.0, 0.5, 2.0 * self.tail());
        (freedom * (1.0 - beyond) / beyond).sqrt()
    }
}

impl TryFrom<f64> for Level {
    type Error = Error;

    fn try_from(level: f64) -> Result<Self, Error> {
        Self::new(level)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}

/// Method that made an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntervalMethod {
    /// Bias-corrected and accelerated bootstrap over patients.
    BootstrapBca,
    /// Percentile bootstrap over patients.
    BootstrapPercentile,
    /// Clopper and Pearson's exact binomial interval.
    ClopperPearson,
    /// Bias-corrected and accelerated bootstrap over patients with tails expanded for few patients.
    BootstrapBcaExpanded,
    /// Percentile bootstrap over patients with tails expanded for few patients.
    BootstrapPercentileExpanded,
    /// DeLong's variance: normal on the logit scale for an AUC, normal for a difference of two.
    DeLong,
    /// As [`DeLong`](Self::DeLong), with Obuchowski's variance for patients with several images.
    DeLongClustered,
    /// Newcombe's interval of an AUC from the numbers of patients, for an AUC without a variance: a perfect one, or one of a
    /// class with a single patient.
    Newcombe,
    /// Score interval of a squared error without its bias, from the variance over patients.
    DebiasedSquare,
    /// A difference of scores of two sets of patients, from the intervals of both (method of variance estimates recovery).
    Mover,
    /// Limit of a perfect score: the score that errors at the limits of the classes' own intervals would give.
    Perfect,
    /// Student's interval with the sandwich variance of Liang and Zeger over patients.
    Sandwich,
    /// Wilson's score interval.
    Wilson,
    /// Wilson's score interval at the effective number of trials, for patients with several images.
    WilsonClustered,
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BootstrapBca => "BCa bootstrap over patients",
            Self::BootstrapPercentile => "percentile bootstrap over patients",
            Self::ClopperPearson => "Clopper-Pearson",
            Self::BootstrapBcaExpanded => "BCa bootstrap over patients, expanded tails",
            Self::BootstrapPercentileExpanded => "percentile bootstrap over patients, expanded tails",
            Self::DeLong => "DeLong",
            Self::DeLongClustered => "DeLong, clustered (Obuchowski)",
            Self::Newcombe => "Newcombe, by number of patients",
            Self::DebiasedSquare => "score interval of the debiased squared error",
            Self::Mover => "MOVER from the intervals of both",
            Self::Perfect => "limit of a perfect score",
            Self::Sandwich => "sandwich variance over patients",
            Self::Wilson => "Wilson",
            Self::WilsonClustered => "Wilson at the effective sample size",
        })
    }
}

/// An interval with its level and method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Its confidence level.
    pub level: Level,
    /// Method that made it.
    pub method: IntervalMethod,
}

impl Interval {
    /// Upper end minus lower end.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Whether the interval contains `value`; the ends belong to it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A number of successes in a number of independent trials; never more successes than trials.
///
/// ```
/// use radiograph_metrics::{Level, Proportion};
///
/// let correct = Proportion::new(1386, 1388)?;
/// let interval = correct.wilson(Level::NINETY_FIVE).unwrap();
/// assert_eq!(format!("{:.2} to {:.2} %", 100.0 * interval.low, 100.0 * interval.high), "99.48 to 99.96 %");
/// # Ok::<(), radiograph_metrics::Error>(())
/// ```
///
/// Images of the same patient are not independent: use [`Share`](crate::Share) for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

/// Serialised form, checked again when it is read.
#[derive(Serialize, Deserialize)]
struct Counts {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// `successes` in `trials`.
    ///
    /// # Errors
    ///
    /// If there are more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Result<Self, Error> {
        if successes <= trials {
            Ok(Self { successes, trials })
        } else {
            let (value, range) = (successes as f64, "at most the number of trials");
            Err(Error::InvalidSetting { name: "the number of successes", value, range })
        }
    }

    /// Successes / trials.
    ///
    /// # Errors
    ///
    /// Undefined without trials.
    pub fn value(self) -> Score {
        ratio(self.successes, self.trials, Undefined::NoSample)
    }

    /// Wilson's score interval (1927). Its coverage is close to the level even for few trials.
    ///
    /// # Errors
    ///
    /// Undefined without trials.
    pub fn wilson(self, level: Level) -> Result<Interval, Undefined> {
        let (low, high) = wilson_ends(self.value()?, self.trials as f64, level);
        Ok(Interval { low, high, level, method: IntervalMethod::Wilson })
    }

    /// Clopper and Pearson's exact interval (1934). It is never too narrow, and often too wide.
    ///
    /// # Errors
    ///
    /// Undefined without trials.
    pub fn clopper_pearson(self, level: Level) -> Result<Interval, Undefined> {
        let (hits, misses, _) = self.outcomes()?;
        let low = if hits == 0.0 { 0.0 } else { beta_quantile(hits, misses + 1.0, level.tail()) };
        let high = if misses == 0.0 { 1.0 } else { beta_quantile(hits + 1.0, misses, 1.0 - level.tail()) };
        Ok(Interval { low, high, level, method: IntervalMethod::ClopperPearson })
    }

    fn outcomes(self) -> Result<(f64, f64, f64), Undefined> {
        let (hits, trials) = (self.successes as f64, self.trials as f64);
        if self.trials == 0 { Err(Undefined::NoSample) } else { Ok((hits, trials - hits, trials)) }
    }
}

impl TryFrom<Counts> for Proportion {
    type Error = Error;

    fn try_from(counts: Counts) -> Result<Self, Error> {
        Self::new(counts.successes, counts.trials)
    }
}

impl From<Proportion> for Counts {
    fn from(Proportion { successes, trials }: Proportion) -> Self {
        Self { successes, trials }
    }
}

/// Ends of Wilson's interval for a share of `trials` independent trials, which need not be a whole number.
pub(crate) fn wilson_ends(share: f64, trials: f64, level: Level) -> (f64, f64) {
    let reach = level.normal_reach();
    let square = reach * reach;
    let center = (trials * share + square / 2.0) / (trials + square);
    let half = reach / (trials + square) * (trials * share * (1.0 - share) + square / 4.0).sqrt();
    // At 0 and 1 the ends are exactly 0 and 1; only rounding says otherwise.
    let low = if share == 0.0 { 0.0 } else { (center - half).max(0.0) };
    let high = if share == 1.0 { 1.0 } else { (center + half).min(1.0) };
    (low, high)
}

/// The quantile by bisection of the distribution function down to neighbouring floats: the library's own inverse stops
/// earlier.
fn beta_quantile(a: f64, b: f64, at: f64) -> f64 {
    // Both parameters are above 0, which the distribution accepts.
    let Ok(beta) = Beta::new(a, b) else { unreachable!("beta distribution of {a} and {b}") };
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    let mut middle = a / (a + b);
    while low < middle && middle < high {
        if beta.cdf(middle) < at {
            low = middle;
        } else {
            high = middle;
        }
        middle = f64::midpoint(low, high);
    }
    middle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_nothing_reaches_the_end() {
        for (hits, end) in [(0, 0.0), (9, 1.0)] {
            let proportion = Proportion::new(hits, 9).unwrap();
            for interval in
                [proportion.wilson(Level::NINETY_FIVE), proportion.clopper_pearson(Level::NINETY_FIVE)]
            {
                let interval = interval.unwrap();
                assert!(interval.contains(end) && (0.2..0.5).contains(&interval.width()));
            }
        }
        assert_eq!(Proportion::new(0, 0).unwrap().wilson(Level::NINETY_FIVE), Err(Undefined::NoSample));
        assert!(Proportion::new(2, 1).is_err());
        assert!(serde_json::from_str::<Proportion>(r#"{"successes":2,"trials":1}"#).is_err());
    }

    #[test]
    fn levels_are_checked_also_in_files() {
        for bad in [0.0, 1.0, 95.0, f64::NAN] {
            assert!(Level::new(bad).is_err());
        }
        assert!(serde_json::from_str::<Level>("1.5").is_err());
        assert_eq!(serde_json::from_str::<Level>("0.9").unwrap().get(), 0.9);
    }
}
