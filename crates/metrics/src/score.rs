//! A score, or the reason why it does not exist.

use serde::{Deserialize, Serialize};

/// A score, or the reason why it does not exist for this data.
///
/// In files: `{"value": 0.93}` or `{"undefined": "no_positive"}` (see [`as_value`]).
pub type Score = Result<f64, Undefined>;

/// Reason why a score does not exist for this data. It is not a fault of the input, and 0, 0.5 or NaN never stand for
/// it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Undefined {
    /// The class is absent from truth and predictions.
    #[error("the class is neither present nor predicted")]
    Absent,
    /// The interval of a calibration error, which resampling patients cannot give.
    #[error("resampling adds to its bias")]
    BiasedByResampling,
    /// Some members of an average are undefined and the average was told to refuse.
    #[error("a class of this average is undefined")]
    ClassUndefined,
    /// Every sample has the same true class.
    #[error("all samples are of one class")]
    ConstantTruth,
    /// Every sample has the same predicted class.
    #[error("one class was predicted for all samples")]
    ConstantPrediction,
    /// Every sample has the same score.
    #[error("all samples have the same score")]
    ConstantScore,
    /// The interval of a score that is itself undefined.
    #[error("the score itself is undefined")]
    EstimateUndefined,
    /// No sample was called negative.
    #[error("no sample was predicted negative")]
    NeverNegative,
    /// No sample was called positive.
    #[error("the class was never predicted")]
    NeverPredicted,
    /// No slope maximises the likelihood, because the scores separate positives from negatives.
    #[error("the scores separate the classes, so no finite slope fits best")]
    NoFiniteSlope,
    /// No temperature minimises the loss, because the loss falls (or rises) without end.
    #[error("the loss has no minimum at a finite temperature")]
    NoFiniteTemperature,
    /// A ratio of rates whose lower one is 0.
    #[error("the rate below the line is 0")]
    NoRateBelow,
    /// No sample is negative.
    #[error("no sample of any other class")]
    NoNegative,
    /// No sample is positive.
    #[error("no sample of this class")]
    NoPositive,
    /// No sample at all.
    #[error("no sample")]
    NoSample,
    /// A quantity that is defined for samples that count once, and not for weighted ones.
    #[error("no form for weighted samples is known")]
    NoWeightedForm,
    /// Every replicate gave the same number, so resampling says nothing about its uncertainty.
    #[error("the samples show no variation, so this method gives no uncertainty")]
    NoVariation,
    /// Every replicate lies on one side of the estimate, so its bias cannot be corrected.
    #[error("all resamples lie on one side of the score")]
    OneSided,
    /// Fewer patients than the method needs.
    #[error("too few patients")]
    TooFewPatients,
    /// Fewer samples than the table requires.
    #[error("too few samples")]
    TooFewSamples,
    /// The score was undefined in more than 5 % of the resamples.
    #[error("undefined in more than 5 % of the resamples")]
    UndefinedInResamples,
}

/// Writes a result as `{"value": …}` or `{"undefined": "reason"}`: `#[serde(with = "radiograph_metrics::as_value")]`.
pub mod as_value {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Undefined;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Written<T> {
        Value(T),
        Undefined(Undefined),
    }

    /// Writes `{"value": …}` or `{"undefined": "reason"}`.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<T: Serialize, S: Serializer>(
        score: &Result<T, Undefined>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match score {
            Ok(value) => Written::Value(value).serialize(to),
            Err(reason) => Written::<&T>::Undefined(*reason).serialize(to),
        }
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    ///
    /// Those of the deserializer.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Result<T, Undefined>, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::Value(value) => Ok(value),
            Written::Undefined(reason) => Err(reason),
        })
    }
}

/// `numerator / denominator`, or `reason` where the denominator is 0.
pub(crate) fn quotient(numerator: f64, denominator: f64, reason: Undefined) -> Score {
    if denominator == 0.0 { Err(reason) } else { Ok(numerator / denominator) }
}

/// `numerator / denominator`, or `reason` where the denominator is 0.
pub(crate) fn ratio(numerator: u64, denominator: u64, reason: Undefined) -> Score {
    if denominator == 0 { Err(reason) } else { Ok(numerator as f64 / denominator as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "as_value")]
        score: Score,
    }

    #[test]
    fn a_file_says_value_or_reason() {
        for (row, text) in [
            (Row { score: Ok(0.25) }, r#"{"score":{"value":0.25}}"#),
            (Row { score: Err(Undefined::NoPositive) }, r#"{"score":{"undefined":"no_positive"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&row).unwrap(), text);
            assert_eq!(serde_json::from_str::<Row>(text).unwrap(), row);
        }
    }

    #[test]
    fn nothing_over_nothing_is_not_zero() {
        assert_eq!(ratio(0, 0, Undefined::NeverPredicted), Err(Undefined::NeverPredicted));
        assert_eq!(ratio(0, 4, Undefined::NeverPredicted), Ok(0.0));
    }
}
