//! Scores with the interval that suits their kind.

use crate::{
    AucVariance, Average, Bootstrap, Error, Estimate, Interval, Level, Metric, Predictions, Score, Share,
    Undefined, as_share::share, perfect,
};

/// Scores of these predictions with intervals that suit their kind:
///
/// - shares of samples (accuracy, sensitivity, …): Wilson's at the effective number of trials, see [`Share`];
/// - the AUC of a class and the macro AUC: normal on the logit scale with the variance over patients, see
///   [`AucVariance::interval`];
/// - calibration errors: none ([`Undefined::BiasedByResampling`]), since a resample adds to their bias;
/// - everything else: `bootstrap`, all from the same resampled patients. Where it shows no variation because the score is
///   perfect, the interval ends at the score that errors at the limits of the classes' own intervals would give.
///
/// Each interval names its method. Weighted samples have the weighted form of each; a perfect area or average, whose limit rests
/// on numbers of patients, then has none ([`Undefined::NoWeightedForm`]).
///
/// # Errors
///
/// If a metric does not fit the predictions.
pub fn estimates(
    predictions: &Predictions,
    metrics: &[Metric],
    bootstrap: &Bootstrap,
) -> Result<Vec<Estimate>, Error> {
    let level = bootstrap.level();
    let closed = metrics
        .iter()
        .map(|metric| closed_form(predictions, metric, level))
        .collect::<Result<Vec<_>, Error>>()?;
    let left: Vec<Metric> =
        metrics.iter().zip(&closed).filter(|(_, closed)| closed.is_none()).map(|(m, _)| m.clone()).collect();
    let mut resampled = bootstrap.estimate(predictions, &left)?.into_iter();
    let mut estimates = Vec::with_capacity(metrics.len());
    for (metric, closed) in metrics.iter().zip(closed) {
        let Some(mut estimate) = closed.or_else(|| resampled.next()) else {
            unreachable!("every metric without a closed form was resampled")
        };
        if let (Ok(score), Err(Undefined::NoVariation)) = (estimate.score, estimate.interval) {
            estimate.interval = match predictions.weights() {
                Some(_) => Err(Undefined::NoWeightedForm),
                None => perfect::interval(predictions, metric, score, level)?.ok_or(Undefined::NoVariation),
            };
        }
        estimates.push(estimate);
    }
    Ok(estimates)
}

/// The estimate of a share or an area.
fn closed_form(predictions: &Predictions, metric: &Metric, level: Level) -> Result<Option<Estimate>, Error> {
    if let Some(share) = share(predictions, metric)? {
        // The score of the metric, whose reasons are more telling than those of a share.
        let score = Undefined::catch(metric.of(predictions))?;
        return Ok(Some(Estimate::without_resampling(score, share.interval(level))));
    }
    let (variance, patients) = match metric {
        Metric::Auc(class) => {
            let column = predictions.classes().position(class)?;
            (AucVariance::of_column(predictions, column), predictions.patients_with(column))
        }
        Metric::AveragedAuc(Average::Macro) => {
            let each = (0..predictions.classes().len()).map(|class| predictions.patients_with(class));
            (AucVariance::of_macro(predictions), each.min().unwrap_or([0, 0]))
        }
        _ => return Ok(None),
    };
    let score: Score = Undefined::catch(metric.of(predictions))?;
    let weighted = predictions.weights().is_some();
    let interval: Result<Interval, Undefined> = match (variance, score) {
        // Newcombe's interval counts patients.
        (Ok(AucVariance { variance: 0.0, .. }) | Err(_), Ok(_)) if weighted => Err(Undefined::NoWeightedForm),
        (Ok(variance), _) => Ok(variance.interval(level)),
        // A class of one patient.
        (Err(_), Ok(auc)) => Ok(AucVariance::newcombe(auc, patients[0], patients[1], level)),
        (Err(reason), Err(_)) => Err(reason),
    };
    Ok(Some(Estimate::without_resampling(score, interval)))
}

impl Predictions {
    /// Accuracy as a share that counts patients.
    #[must_use]
    pub fn accuracy(&self) -> Share {
        let (truth, predicted) = (self.truth_positions(), self.predicted_positions());
        self.share(|sample| Some(truth[sample] == predicted[sample]))
    }

    /// The share of samples with an outcome, by weight if they have weights.
    pub(crate) fn share(&self, outcome: impl Fn(usize) -> Option<bool>) -> Share {
        Share::of_weighted(self.clusters(), self.weights(), outcome)
    }
}
