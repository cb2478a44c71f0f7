//! McNemar's test of two classifiers on the same independent samples.

use radiograph_classes::Class;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, Continuous, ContinuousCDF, Discrete, DiscreteCDF, Normal};

use crate::{Error, Predictions, Undefined};

/// The numbers of samples on which exactly one of two models is right.
///
/// Only for independent samples: if a patient has several images, use [`Permutation`](crate::Permutation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "the test is defined by these two counts")]
pub struct McNemar {
    /// Samples that only the first model gets right.
    pub only_first: u64,
    /// Samples that only the second model gets right.
    pub only_second: u64,
}

/// Range of the p-values that are possible if the pairing of errors is unpublished.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PValueRange {
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl McNemar {
    /// Counts the samples on which one of the two is right and the other is wrong.
    ///
    /// # Errors
    ///
    /// If the two do not cover the same samples; [`Undefined::NoWeightedForm`] if these have weights.
    pub fn of(first: &Predictions, second: &Predictions) -> Result<Self, Error> {
        crate::predictions::check_paired(first, second)?;
        if first.weights().is_some() {
            return Err(Undefined::NoWeightedForm.into());
        }
        let mut counts = Self { only_first: 0, only_second: 0 };
        for sample in 0..first.len() {
            let truth: Class = first.truth(sample);
            match (is(&first.predicted(sample), &truth), is(&second.predicted(sample), &truth)) {
                (true, false) => counts.only_first += 1,
                (false, true) => counts.only_second += 1,
                _ => {}
            }
        }
        Ok(counts)
    }

    /// The exact two-sided p-value, which treats discordant samples as tosses of a fair coin. It is 1 if there is none.
    #[must_use]
    pub fn exact(&self) -> f64 {
        (2.0 * self.lower_tail().0).min(1.0)
    }

    /// The mid-p value, less conservative: the observed outcome counts half (Fagerland, Lydersen and Laake 2013).
    #[must_use]
    pub fn mid_p(&self) -> f64 {
        let (tail, point) = self.lower_tail();
        (2.0 * tail - point).min(1.0)
    }

    /// The range of the exact p-values that are possible if only the numbers of errors on the same `samples` samples
    /// are known: from nested errors (all errors of one model are also errors of the other) to disjoint ones.
    ///
    /// ```
    /// use radiograph_metrics::McNemar;
    ///
    /// // 2 and 7 errors among 1,388 images: whatever the pairing, no difference at 5 %.
    /// let range = McNemar::range(2, 7, 1388)?;
    /// assert_eq!(format!("{:.4} to {:.4}", range.low, range.high), "0.0625 to 0.1797");
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a model has more errors than there are samples.
    pub fn range(first_errors: u64, second_errors: u64, samples: u64) -> Result<PValueRange, Error> {
        let most = first_errors.max(second_errors);
        if most > samples {
            let (value, range) = (most as f64, "at most the number of samples");
            return Err(Error::InvalidSetting { name: "the number of errors", value, range });
        }
        // 128 bits hold the sum; what is left of it is at most either number of errors.
        let both = u128::from(first_errors) + u128::from(second_errors);
        let fewest_shared = both.saturating_sub(u128::from(samples)) as u64;
        let at = |shared: u64| {
            Self { only_first: second_errors - shared, only_second: first_errors - shared }.exact()
        };
        // With the difference fixed, more discordant samples only make it less surprising, so the ends are extreme.
        Ok(PValueRange { low: at(first_errors.min(second_errors)), high: at(fewest_shared) })
    }

    /// P(X ≤ smaller count) and P(X = smaller count) for a fair coin.
    fn lower_tail(&self) -> (f64, f64) {
        let tosses = u128::from(self.only_first) + u128::from(self.only_second);
        let smaller = self.only_first.min(self.only_second);
        match u64::try_from(tosses).ok().filter(|&tosses| tosses <= MOST_TOSSES) {
            Some(tosses) => match Binomial::new(0.5, tosses) {
                Ok(binomial) => (binomial.cdf(smaller), binomial.pmf(smaller)),
                Err(_) => unreachable!("0.5 is a probability"),
            },
            None => {
                let (normal, root) = (Normal::standard(), (tosses as f64).sqrt());
                // Standard deviations below n / 2, which has a deviation of √n / 2.
                let gap = self.only_first.abs_diff(self.only_second) as f64;
                (normal.cdf((1.0 - gap) / root), 2.0 * normal.pdf(gap / root) / root)
            }
        }
    }
}

/// Number of tosses above which the normal distribution (with continuity correction) is used. It agrees with the
/// binomial to seven digits, and the binomial cannot be computed more accurately there.
const MOST_TOSSES: u64 = 10_000_000;

fn is(predicted: &Class, truth: &Class) -> bool {
    predicted.name() == truth.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_discordant_samples_nothing_differs() {
        let none = McNemar { only_first: 0, only_second: 0 };
        assert_eq!((none.exact(), none.mid_p()), (1.0, 1.0));
    }

    /// Made by SciPy 1.17: `2 * binom.cdf(a, a + b, 0.5)`, and that less `binom.pmf(a, a + b, 0.5)`.
    #[test]
    fn golden_statistics_mcnemar_of_millions() {
        for (a, b, exact, mid) in [
            (499_500, 500_500, 3.177946914e-01, 3.173107498e-01),
            (4_999_000, 5_001_000, 5.272958562e-01, 5.270892796e-01),
            (5_999_000, 6_001_000, 5.638978494e-01, 5.637028797e-01),
            (49_990_000, 50_010_000, 4.551106263e-02, 4.550026444e-02),
            (20_000_000, 20_030_000, 2.121616975e-06, 2.119962746e-06),
        ] {
            let counts = McNemar { only_first: a, only_second: b };
            assert!((counts.exact() - exact).abs() < 2e-7, "{a} {b}: {}", counts.exact());
            assert!((counts.mid_p() - mid).abs() < 2e-7, "{a} {b}: {}", counts.mid_p());
        }
    }

    #[test]
    fn counts_beyond_64_bits_have_a_p_value_all_the_same() {
        let read = |text: &str| serde_json::from_str::<McNemar>(text).unwrap();
        let most = u64::MAX;
        let equal = read(&format!(r#"{{"only_first":{most},"only_second":{most}}}"#));
        assert!((equal.exact() - 1.0).abs() < 1e-12 && (equal.mid_p() - 1.0).abs() < 1e-12);
        let unequal = McNemar { only_second: most / 2, ..equal };
        assert_eq!((unequal.exact(), unequal.mid_p()), (0.0, 0.0));
        let range = McNemar::range(most, most - 1, most).unwrap();
        assert!((range.low - 1.0).abs() < 1e-12 && (range.high - 1.0).abs() < 1e-12);
    }

    /// Section 5.4 of this project's notes on the paper: VGG19-RNN against the others, 1,388 images.
    #[test]
    fn the_papers_networks_give_these_ranges() {
        let round = |p: f64| (p * 1e4).round() / 1e4;
        for (errors, low, high) in [(3, 1.0, 1.0), (7, 0.0625, 0.1797), (5, 0.25, 0.4531)] {
            let range = McNemar::range(2, errors, 1388).unwrap();
            assert_eq!((round(range.low), round(range.high)), (low, high));
        }
        let inception = McNemar::range(2, 20, 1388).unwrap();
        assert!((inception.low - 7.629_394_531_25e-6).abs() < 1e-15);
        assert!((inception.high - 1.211_166_381_835_937_5e-4).abs() < 1e-12);
        assert!(McNemar::range(2, 11, 10).is_err());
    }
}
