//! One type for every score, so that intervals and tests work for all of them.

use crate::{
    Average, Bins, CalibrationNorm, ClassScore, Error, PairAverage, Predictions, RankingScore, Score,
    Statistic, WhenUndefined,
    auc::{OneVsOne, OneVsRest},
    average::averaged,
    binning::Binned,
    calibration::{MeanOf, brier_scores, log_losses},
    confusion::Margins,
    ranking::Ranking,
    weight::{Weighable, Weight, statistic},
};
use radiograph_classes::{Class, Classes};

/// A score of predictions, weighted if they have [weights](Predictions::with_weights). An average over classes is undefined
/// if any class is.
///
/// ```
/// use radiograph_metrics::{Average, ClassScore, Metric, Predictions, Probabilities};
/// # use radiograph_classes::Classes;
/// # let classes = Classes::new(["covid", "normal"])?;
/// # let columns = Probabilities::from_columns([("covid", vec![0.9, 0.3]), ("normal", vec![0.1, 0.7])])?;
/// # let predictions = Predictions::new(&classes, &["covid", "normal"], &columns)?;
/// let metric = Metric::Averaged(ClassScore::F1, Average::Macro);
/// assert_eq!(metric.to_string(), "macro F1");
/// assert_eq!(metric.of(&predictions)?, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The serialised form is its name, which [parses](std::str::FromStr) to the metric again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// Correct / all.
    Accuracy,
    /// AUC of one class against the rest.
    Auc(Class),
    /// AUC one-vs-rest, averaged.
    AveragedAuc(Average),
    /// A score of single classes, averaged.
    Averaged(ClassScore, Average),
    /// Average precision, averaged over classes.
    AveragedPrecision(Average),
    /// Average precision of one class against the rest.
    AveragePrecision(Class),
    /// Mean recall over classes.
    BalancedAccuracy,
    /// The Brier score, in [0, 2], lower is better.
    Brier,
    /// Calibration error of the predicted class, lower is better. It is too large on average and has no bootstrap interval
    /// (see [`Reliability::error`](crate::Reliability::error)).
    CalibrationError(Bins, CalibrationNorm),
    /// A score of one class.
    Class(ClassScore, Class),
    /// Cohen's kappa.
    CohenKappa,
    /// Log loss in nats, lower is better.
    LogLoss,
    /// Matthews correlation of all classes.
    MatthewsCorrelation,
    /// AUC one-vs-one, averaged over pairs of classes.
    OneVsOneAuc(PairAverage),
}

impl Metric {
    /// The score of these predictions.
    ///
    /// # Errors
    ///
    /// If the metric does not fit (an unknown class, zero bins); [`Error::Undefined`] if the score is undefined.
    pub fn of(&self, predictions: &Predictions) -> Result<f64, Error> {
        Ok(self.prepare(predictions)?.weighted(&vec![1; predictions.len()])?)
    }

    /// Whether a larger score is better.
    #[must_use]
    pub fn higher_is_better(&self) -> bool {
        !matches!(self, Self::Brier | Self::CalibrationError(..) | Self::LogLoss)
    }

    /// Whether the score is a share, or a mean of shares, that is customarily printed in percent. Areas under curves, losses
    /// and correlations are not.
    #[must_use]
    pub fn is_share(&self) -> bool {
        match self {
            Self::Accuracy | Self::BalancedAccuracy => true,
            Self::Class(score, _) | Self::Averaged(score, _) => *score != ClassScore::MatthewsCorrelation,
            _ => false,
        }
    }

    /// The class, if the score is one of a single class.
    #[must_use]
    pub fn class(&self) -> Option<&Class> {
        match self {
            Self::Auc(class) | Self::AveragePrecision(class) | Self::Class(_, class) => Some(class),
            _ => None,
        }
    }

    /// Whether resampling patients shows how the score varies. It does not for a calibration error: noise in its bins
    /// makes it larger on average, and a resample is noisier than the original samples.
    pub(crate) fn bears_resampling(&self) -> bool {
        !matches!(self, Self::CalibrationError(..))
    }

    /// Computes everything that does not depend on sample weights: compares labels, sorts scores and takes losses.
    ///
    /// # Errors
    ///
    /// If the metric does not fit: an unknown class, or zero bins.
    pub fn prepare(&self, predictions: &Predictions) -> Result<Box<dyn Statistic + Send>, Error> {
        if let Some(score) = self.of_counts(predictions.classes())? {
            return Ok(of_margins(predictions, score));
        }
        let weights = predictions.weights();
        let ranking = |class: &Class| -> Result<Ranking, Error> {
            Ok(predictions.against_rest(predictions.classes().position(class)?).ranking())
        };
        let averaged = |score: RankingScore, average: Average| {
            statistic((OneVsRest::of(predictions, average), score), weights)
        };
        Ok(match self {
            Self::Auc(class) => statistic((ranking(class)?, RankingScore::Auc), weights),
            Self::AveragePrecision(class) => {
                statistic((ranking(class)?, RankingScore::AveragePrecision), weights)
            }
            Self::AveragedAuc(average) => averaged(RankingScore::Auc, *average),
            Self::AveragedPrecision(average) => averaged(RankingScore::AveragePrecision, *average),
            Self::OneVsOneAuc(average) => statistic((OneVsOne::of(predictions), *average), weights),
            Self::Brier => statistic(MeanOf(brier_scores(predictions)), weights),
            Self::LogLoss => statistic(MeanOf(log_losses(predictions)), weights),
            Self::CalibrationError(bins, norm) => {
                statistic((Binned::of(&predictions.confidences(), *bins)?, *norm), weights)
            }
            Self::Accuracy
            | Self::Averaged(..)
            | Self::BalancedAccuracy
            | Self::Class(..)
            | Self::CohenKappa
            | Self::MatthewsCorrelation => unreachable!("scores of counts are computed above"),
        })
    }

    /// The score as a function of the confusion matrix, if it is one.
    pub(crate) fn of_counts(&self, classes: &Classes) -> Result<Option<OfMargins>, Error> {
        Ok(Some(match self {
            Self::Accuracy => Box::new(Margins::accuracy),
            Self::BalancedAccuracy => Box::new(Margins::balanced_accuracy),
            Self::CohenKappa => Box::new(Margins::cohen_kappa),
            Self::MatthewsCorrelation => Box::new(Margins::matthews_correlation),
            Self::Class(score, class) => {
                let (score, position) = (*score, classes.position(class)?);
                Box::new(move |margins: &Margins| score.of_outcomes(&margins.one_vs_rest(position)))
            }
            Self::Averaged(score, average) => {
                let (score, average) = (*score, *average);
                Box::new(move |margins: &Margins| averaged(margins, score, average, WhenUndefined::Refuse))
            }
            _ => return Ok(None),
        }))
    }
}

/// A score of a confusion matrix.
pub(crate) type OfMargins = Box<dyn Fn(&Margins) -> Score + Send + Sync>;

/// A statistic of the weighted confusion matrix.
fn of_margins(predictions: &Predictions, score: OfMargins) -> Box<dyn Statistic + Send> {
    let size = predictions.classes().len();
    let pairs = predictions.truth_positions().iter().zip(predictions.predicted_positions());
    let cells: Vec<usize> =
        pairs.map(|(&truth, &predicted)| truth as usize * size + predicted as usize).collect();
    statistic(OfCells { cells, size, score }, predictions.weights())
}

struct OfCells {
    /// Cell of each sample in the confusion matrix.
    cells: Vec<usize>,
    size: usize,
    score: OfMargins,
}

impl Weighable for OfCells {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        let mut sums = vec![W::default(); self.size * self.size];
        for (sample, &cell) in self.cells.iter().enumerate() {
            sums[cell] += weight(sample);
        }
        let sums: Vec<f64> = sums.into_iter().map(W::get).collect();
        (self.score)(&Margins::of(&sums, self.size))
    }
}

impl Weighable for (Binned, CalibrationNorm) {
    fn score<W: Weight>(&self, weight: &impl Fn(usize) -> W) -> Score {
        self.0.error(weight, self.1)
    }
}
