//! Likelihood ratios, and predictive values at stated prevalences, with intervals that count patients.

use radiograph_classes::Class;
use serde::{Deserialize, Serialize};

use crate::{
    ClassScore, Error, Level, Metric, Predictions, Rates, Score, Share, Undefined, as_share::share, as_value,
};

/// A likelihood ratio with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// The ratio of two rates, at least 0; undefined if the rate below the line is 0.
    #[serde(with = "as_value")]
    pub value: Score,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval; `None` if no number is too large.
    pub high: Option<f64>,
    /// Confidence level of the interval.
    pub level: Level,
}

/// A predictive value with its interval, at a stated prevalence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PredictiveValue {
    /// Share that is right among those with this answer, in [0, 1]; undefined if nobody would have it.
    #[serde(with = "as_value")]
    pub value: Score,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

impl Predictions {
    /// How often the class is predicted where it is present, and not predicted where it is absent.
    ///
    /// # Errors
    ///
    /// If the class is not one of these predictions.
    pub fn rates_of(&self, class: &Class) -> Result<Rates, Error> {
        let of = |score| -> Result<Share, Error> {
            match share(self, &Metric::Class(score, class.clone()))? {
                Some(share) => Ok(share),
                None => unreachable!("recall and specificity are shares"),
            }
        };
        Ok(Rates { sensitivity: of(ClassScore::Recall)?, specificity: of(ClassScore::Specificity)? })
    }
}

/// A rate and the ends of its interval.
type Rate = [f64; 3];

impl Rates {
    /// Sensitivity / (1 − specificity): how many times likelier a positive answer is with the disease than without.
    ///
    /// The interval is that of Donner and Zou 2012, *Closed-form confidence intervals for functions of the normal mean and
    /// standard deviation* (MOVER for a ratio), from the intervals of the two rates, which also hold for rates of 0 and 1.
    ///
    /// # Errors
    ///
    /// Undefined without positives or negatives, or if one of the rates has no interval.
    pub fn positive_likelihood_ratio(&self, level: Level) -> Result<LikelihoodRatio, Undefined> {
        let (sensitivity, specificity) = self.with_ends(level)?;
        Ok(ratio(sensitivity, complement(specificity), level))
    }

    /// (1 − sensitivity) / specificity: how many times likelier a negative answer is with the disease than without.
    ///
    /// # Errors
    ///
    /// As [`Rates::positive_likelihood_ratio`].
    pub fn negative_likelihood_ratio(&self, level: Level) -> Result<LikelihoodRatio, Undefined> {
        let (sensitivity, specificity) = self.with_ends(level)?;
        Ok(ratio(complement(sensitivity), specificity, level))
    }

    /// Positive predictive value where the share `prevalence` is ill, with the interval of the likelihood ratio taken over by
    /// Bayes' rule. The prevalence counts as known.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if `prevalence` is not between 0 and 1, both excluded; [`Error::Undefined`] as
    /// [`Rates::positive_likelihood_ratio`].
    pub fn ppv(&self, prevalence: f64, level: Level) -> Result<PredictiveValue, Error> {
        let odds = odds(prevalence)?;
        let likelihood = self.positive_likelihood_ratio(level)?;
        let right = |ratio: f64| odds * ratio / (1.0 + odds * ratio);
        let value = match likelihood.value {
            Ok(ratio) => Ok(right(ratio)),
            // No false alarm: every positive answer is right, if there is any.
            Err(_) if self.sensitivity.successes > 0 => Ok(1.0),
            Err(reason) => Err(reason),
        };
        Ok(PredictiveValue { value, low: right(likelihood.low), high: likelihood.high.map_or(1.0, right) })
    }

    /// Negative predictive value where the share `prevalence` is ill; as [`Rates::ppv`].
    ///
    /// # Errors
    ///
    /// As [`Rates::ppv`].
    pub fn npv(&self, prevalence: f64, level: Level) -> Result<PredictiveValue, Error> {
        let odds = odds(prevalence)?;
        let likelihood = self.negative_likelihood_ratio(level)?;
        let right = |ratio: f64| (1.0 + odds * ratio).recip();
        let value = match likelihood.value {
            Ok(ratio) => Ok(right(ratio)),
            // Every healthy one is called ill: a negative answer is wrong, if there is any.
            Err(_) if self.sensitivity.successes < self.sensitivity.trials => Ok(0.0),
            Err(reason) => Err(reason),
        };
        Ok(PredictiveValue { value, low: likelihood.high.map_or(0.0, right), high: right(likelihood.low) })
    }

    fn with_ends(&self, level: Level) -> Result<(Rate, Rate), Undefined> {
        let of = |share: &Share, none| -> Result<Rate, Undefined> {
            if share.trials == 0 {
                return Err(none);
            }
            let interval = share.interval(level)?;
            Ok([share.value()?, interval.low, interval.high])
        };
        Ok((of(&self.sensitivity, Undefined::NoPositive)?, of(&self.specificity, Undefined::NoNegative)?))
    }
}

fn complement([rate, low, high]: Rate) -> Rate {
    [1.0 - rate, 1.0 - high, 1.0 - low]
}

/// The ratio of two independent rates, by MOVER.
fn ratio(
    [above, above_low, above_high]: Rate,
    [below, below_low, below_high]: Rate,
    level: Level,
) -> LikelihoodRatio {
    let product = above * below;
    // (low or high end) · (2 rate − end), written so that no difference of nearly equal numbers is divided by.
    let term = |rate: f64, end: f64| end * (2.0 * rate - end);
    let (num, den) = (term(above, above_low), term(below, below_high));
    let root = (product * product - num * den).max(0.0).sqrt();
    let low = if num <= 0.0 { 0.0 } else { num / (product + root) };
    let (num, den) = (term(above, above_high), term(below, below_low));
    let high = (den > 0.0).then(|| (product + (product * product - num * den).max(0.0).sqrt()) / den);
    let value = if below > 0.0 { Ok(above / below) } else { Err(Undefined::NoRateBelow) };
    LikelihoodRatio { value, low, high, level }
}

fn odds(prevalence: f64) -> Result<f64, Error> {
    if prevalence > 0.0 && prevalence < 1.0 {
        Ok(prevalence / (1.0 - prevalence))
    } else {
        let range = "above 0 and below 1";
        Err(Error::InvalidSetting { name: "the prevalence", value: prevalence, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clusters;

    fn rates(hits: usize, ill: usize, spared: usize, well: usize) -> Rates {
        let of = |successes: usize, trials: usize| {
            Share::of(&Clusters::each_alone(trials), |sample| Some(sample < successes))
        };
        Rates { sensitivity: of(hits, ill), specificity: of(spared, well) }
    }

    #[test]
    fn rates_at_their_ends_have_ratios_with_intervals() {
        let level = Level::NINETY_FIVE;
        let perfect = rates(40, 40, 60, 60);
        let positive = perfect.positive_likelihood_ratio(level).unwrap();
        assert_eq!((positive.value, positive.high), (Err(Undefined::NoRateBelow), None));
        assert!((10.0..40.0).contains(&positive.low), "{positive:?}");
        let negative = perfect.negative_likelihood_ratio(level).unwrap();
        assert_eq!((negative.value, negative.low), (Ok(0.0), 0.0));
        assert!(negative.high.is_some_and(|high| high < 0.15));
        let ppv = perfect.ppv(0.01, level).unwrap();
        assert_eq!((ppv.value, ppv.high), (Ok(1.0), 1.0));
        assert!(ppv.low < 0.3, "{ppv:?}"); // one ill in a hundred, and perhaps six false alarms
        let npv = perfect.npv(0.01, level).unwrap();
        assert!(npv.value == Ok(1.0) && npv.low > 0.998);
        let nobody = rates(0, 40, 60, 60);
        assert_eq!(nobody.ppv(0.1, level).unwrap().value, Err(Undefined::NoRateBelow));
        assert_eq!(rates(0, 0, 60, 60).positive_likelihood_ratio(level), Err(Undefined::NoPositive));
        assert!(perfect.ppv(0.0, level).is_err() && perfect.npv(1.0, level).is_err());
    }
}
