//! Limits of perfect scores, which no resample of patients ever changes.

use crate::{
    AucVariance, Average, ClassScore, Error, Interval, IntervalMethod, Level, Metric, PairAverage,
    Predictions, as_share::share, confusion::Margins,
};

/// Total of the confusion matrix that errors are planted in: counts are whole, so it is large.
const PLANTED_TOTAL: f64 = (1_u64 << 30) as f64;

/// The interval of a score that is as good as it can be; `None` if it is not, or has no limit.
///
/// - Scores of counts: the score if each class were recognised only as often as the lower end of the interval of its
///   recall, errors spread evenly over the other classes.
/// - Areas that average: [`AucVariance::newcombe`]'s with the patients of the smallest classes.
/// - Average precision: that of a ranking in which a share 2 (1 − AUC) of the positives stands anywhere among the negatives
///   and the others above them, the AUC at its lower end.
/// - Brier score: twice the largest share of errors, as if they were made with certainty.
pub(crate) fn interval(
    predictions: &Predictions,
    metric: &Metric,
    score: f64,
    level: Level,
) -> Result<Option<Interval>, Error> {
    let best = if metric.higher_is_better() { 1.0 } else { 0.0 };
    if (score - best).abs() > 1e-12 {
        return Ok(None);
    }
    let limit = match metric {
        Metric::Brier => predictions.accuracy().interval(level).ok().map(|share| 2.0 * (1.0 - share.low)),
        Metric::AveragedAuc(average) => Some(area(predictions, *average, level)),
        Metric::OneVsOneAuc(PairAverage::Macro | PairAverage::Weighted) => {
            let mut classes = patients(predictions);
            classes.sort_unstable();
            let of = |at: usize| classes.get(at).map_or(0, |of| of[0]);
            Some(AucVariance::newcombe(1.0, of(0), of(1), level).low)
        }
        Metric::AveragePrecision(class) => {
            Some(precision_of_class(predictions, predictions.classes().position(class)?, level))
        }
        Metric::AveragedPrecision(Average::Micro) => {
            let all = predictions.clusters().len() as u64;
            let auc = AucVariance::newcombe(1.0, all, all, level).low;
            let (samples, classes) = (predictions.len() as f64, predictions.classes().len() as f64);
            Some(average_precision(auc, samples, samples * (classes - 1.0)))
        }
        Metric::AveragedPrecision(average) => {
            let truth = predictions.truth_positions();
            let (mut sum, mut weights) = (0.0, 0.0);
            for class in 0..predictions.classes().len() {
                let support = truth.iter().filter(|&&of| of as usize == class).count() as f64;
                let weight = if *average == Average::Weighted { support } else { 1.0 };
                sum += weight * precision_of_class(predictions, class, level);
                weights += weight;
            }
            Some(sum / weights)
        }
        _ => planted(predictions, metric, level)?,
    };
    let method = IntervalMethod::Perfect;
    Ok(limit.map(|limit| Interval { low: limit.min(best), high: limit.max(best), level, method }))
}

/// Patients of each class and of the others.
fn patients(predictions: &Predictions) -> Vec<[u64; 2]> {
    (0..predictions.classes().len()).map(|class| predictions.patients_with(class)).collect()
}

fn area(predictions: &Predictions, average: Average, level: Level) -> f64 {
    let all = predictions.clusters().len() as u64;
    let [positives, negatives] = match average {
        Average::Micro => [all, all],
        Average::Macro | Average::Weighted => patients(predictions).into_iter().min().unwrap_or([0, 0]),
    };
    AucVariance::newcombe(1.0, positives, negatives, level).low
}

fn precision_of_class(predictions: &Predictions, class: usize, level: Level) -> f64 {
    let [with, without] = predictions.patients_with(class);
    let auc = AucVariance::newcombe(1.0, with, without, level).low;
    let positives = predictions.truth_positions().iter().filter(|&&of| of as usize == class).count() as f64;
    average_precision(auc, positives, predictions.len() as f64 - positives)
}

/// Average precision if a share 2 (1 − AUC) of the positives stands evenly among the negatives, the others above them.
fn average_precision(auc: f64, positives: f64, negatives: f64) -> f64 {
    let mixed = (2.0 * (1.0 - auc)).min(1.0);
    if mixed == 0.0 || negatives == 0.0 {
        return 1.0;
    }
    // ∫ (a + b t) / (a + c t) dt over [0, 1], where a positives stand above, and b of them and c samples in all are mixed.
    let (a, b) = ((1.0 - mixed) * positives, mixed * positives);
    let c = b + negatives;
    let inside = if a == 0.0 { b / c } else { b / c + a * (1.0 - b / c) * (c / a).ln_1p() / c };
    1.0 - mixed + mixed * inside
}

/// The score of counts with errors at the limit of each class's recall.
fn planted(predictions: &Predictions, metric: &Metric, level: Level) -> Result<Option<f64>, Error> {
    let Some(score) = metric.of_counts(predictions.classes())? else { return Ok(None) };
    let size = predictions.classes().len();
    let mut counts = vec![0.0; size * size];
    for (row, class) in predictions.classes().iter().enumerate() {
        let recall = share(predictions, &Metric::Class(ClassScore::Recall, class))?;
        let Some(recall) = recall.filter(|recall| recall.trials > 0) else { continue };
        let Ok(limits) = recall.interval(level) else { return Ok(None) };
        let whole = PLANTED_TOTAL * recall.trials as f64 / predictions.len() as f64;
        let missed = whole * (1.0 - limits.low) / (size - 1) as f64;
        for column in 0..size {
            let count = if row == column { whole * limits.low } else { missed };
            counts[row * size + column] = count.round();
        }
    }
    Ok(score(&Margins::of(&counts, size)).ok())
}
