//! The spread of a model's scores over repeated trainings or splits.

use radiograph_metrics::{Metric, Score, Undefined, as_value};
use serde::{Deserialize, Serialize};

/// What differs between repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "a new kind must be shown on purpose")]
pub enum SpreadOver {
    /// First weights, order of samples and dropout, on the same split.
    Seeds,
    /// The choice and the split of images.
    Splits,
}

/// A model's scores on test images in every repetition. The spread is no interval: an interval says how scores vary with
/// the patients, the spread how they vary with chance in training, or with the split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Spread {
    /// The model: the network of the report with this name is one of the repetitions.
    pub model: String,
    /// What differs.
    pub over: SpreadOver,
    /// The mean of the repetitions as a model of its own, if it is one.
    pub ensemble: Option<String>,
    /// Repetitions that have not converged, with the reason.
    pub unconverged: Vec<(String, String)>,
    /// Scores.
    pub scores: Vec<SpreadScore>,
}

/// One score in every repetition. Undefined if it is undefined in one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SpreadScore {
    /// The metric. Its name is stored.
    #[serde(rename = "name")]
    pub metric: Metric,
    /// Values, at least two.
    pub values: Vec<SpreadValue>,
    /// Their mean.
    #[serde(with = "as_value")]
    pub mean: Score,
    /// Their standard deviation, with one less than their number in the denominator.
    #[serde(with = "as_value")]
    pub deviation: Score,
    /// The smallest value.
    #[serde(with = "as_value")]
    pub least: Score,
    /// The greatest value.
    #[serde(with = "as_value")]
    pub greatest: Score,
}

/// The value of a score in one repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct SpreadValue {
    /// The repetition.
    pub repetition: String,
    /// Value.
    #[serde(with = "as_value")]
    pub value: Score,
}

impl SpreadScore {
    /// The spread of these values; undefined for fewer than two.
    pub fn of(metric: Metric, values: Vec<SpreadValue>) -> Self {
        let known: Result<Vec<f64>, Undefined> = values.iter().map(|value| value.value).collect();
        let known = known.and_then(|known| match known.len() {
            0 | 1 => Err(Undefined::TooFewSamples),
            _ => Ok(known),
        });
        let of = |statistic: fn(&[f64]) -> f64| known.as_deref().map(statistic).map_err(|reason| *reason);
        let (mean, deviation) = (of(mean), of(deviation));
        let least = of(|values| values.iter().copied().fold(f64::INFINITY, f64::min));
        let greatest = of(|values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        Self { metric, values, mean, deviation, least, greatest }
    }
}

impl Spread {
    /// The spread of a metric, if it is there.
    pub fn score(&self, metric: &Metric) -> Option<&SpreadScore> {
        self.scores.iter().find(|score| score.metric == *metric)
    }

    /// Whether it tells about the network of this name.
    pub(crate) fn concerns(&self, network: &str) -> bool {
        self.model == network || self.ensemble.as_deref() == Some(network)
    }

    /// The repetitions in words, such as `3 seeds`.
    pub(crate) fn in_words(&self) -> String {
        let count = self.scores.first().map_or(0, |score| score.values.len());
        let what = match self.over {
            SpreadOver::Seeds => "seeds",
            SpreadOver::Splits => "splits",
        };
        format!("{count} {what}")
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(values: &[Score]) -> SpreadScore {
        let value = |value: &Score| SpreadValue { repetition: String::new(), value: *value };
        SpreadScore::of(Metric::Accuracy, values.iter().map(value).collect())
    }

    /// `statistics.mean` and `statistics.stdev` of Python.
    #[test]
    fn mean_and_deviation_are_those_of_python() {
        let spread = spread(&[Ok(0.540), Ok(0.609), Ok(0.588)]);
        assert!((spread.mean.unwrap() - 0.579).abs() < 1e-12);
        assert!((spread.deviation.unwrap() - 0.035_369_478_367_654_76).abs() < 1e-12);
        assert_eq!((spread.least, spread.greatest), (Ok(0.540), Ok(0.609)));
    }

    #[test]
    fn what_is_undefined_once_has_no_spread() {
        assert_eq!(spread(&[Ok(0.5), Err(Undefined::NoVariation)]).mean, Err(Undefined::NoVariation));
        assert_eq!(spread(&[Ok(0.5)]).deviation, Err(Undefined::TooFewSamples));
    }
}
