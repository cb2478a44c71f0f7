//! The spread of scores over repetitions of one model.

use radiograph_metrics::{Average, Metric, Predictions, Undefined};
use radiograph_report::{SpreadScore, SpreadValue};

use crate::Error;

/// Accuracy, balanced accuracy, macro AUC and macro average precision of every repetition, given by name and predictions.
///
/// # Errors
///
/// [`Error::Metrics`] if predictions cannot be scored for another reason than that a score is undefined.
pub(crate) fn spread(repetitions: &[(String, Predictions)]) -> Result<Vec<SpreadScore>, Error> {
    let metrics = [
        Metric::Accuracy,
        Metric::BalancedAccuracy,
        Metric::AveragedAuc(Average::Macro),
        Metric::AveragedPrecision(Average::Macro),
    ];
    let of = |metric: &Metric| {
        let value = |(name, predictions): &(String, Predictions)| {
            let value = Undefined::catch(metric.of(predictions))?;
            Ok(SpreadValue { repetition: name.clone(), value })
        };
        let values = repetitions.iter().map(value).collect::<Result<_, Error>>()?;
        Ok(SpreadScore::of(metric.clone(), values))
    };
    metrics.iter().map(of).collect()
}
