//! Tells which metrics are shares of samples, and gives the share.

use crate::{Average, ClassScore, Error, Metric, Predictions, Share};

/// The metric as a share of samples, if it is one.
pub(crate) fn share(predictions: &Predictions, metric: &Metric) -> Result<Option<Share>, Error> {
    let (truth, predicted) = (predictions.truth_positions(), predictions.predicted_positions());
    let of = |outcome: &dyn Fn(usize) -> Option<bool>| Some(predictions.share(outcome));
    Ok(match metric {
        // Averages that count every sample once are the accuracy.
        Metric::Accuracy
        | Metric::Averaged(ClassScore::Recall, Average::Weighted)
        | Metric::Averaged(ClassScore::Precision | ClassScore::Recall | ClassScore::F(_), Average::Micro) => {
            of(&|sample| Some(truth[sample] == predicted[sample]))
        }
        Metric::Class(score, class) => {
            let class = predictions.classes().position(class)? as u32;
            let (is, called) = (|i: usize| truth[i] == class, |i: usize| predicted[i] == class);
            match score {
                ClassScore::Accuracy => of(&|i| Some(is(i) == called(i))),
                ClassScore::Precision => of(&|i| called(i).then(|| is(i))),
                ClassScore::Recall => of(&|i| is(i).then(|| called(i))),
                ClassScore::Specificity => of(&|i| (!is(i)).then(|| !called(i))),
                ClassScore::NegativePredictiveValue => of(&|i| (!called(i)).then(|| !is(i))),
                ClassScore::F(_) | ClassScore::MatthewsCorrelation => None,
            }
        }
        _ => None,
    })
}
