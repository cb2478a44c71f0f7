//! Full evaluation of one model: the usual scores, each with an interval.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    Average, Bins, Bootstrap, CalibrationNorm, Class, ClassScore, ConfusionMatrix, Error, Estimate, Metric,
    PairAverage, Predictions, Reliability, Table, estimates, table::score_cell,
};

/// A score with its name and interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamedEstimate {
    /// The score, such as "macro F1".
    pub name: String,
    /// Its value and interval.
    pub estimate: Estimate,
}

/// The scores of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassEvaluation {
    /// The class.
    pub class: String,
    /// Number of samples of the class.
    pub support: u64,
    /// Scores of the class, the same ones in the same order for every class.
    pub scores: Vec<NamedEstimate>,
}

/// The scores of a model: confusion matrix, per class, overall, calibration.
///
/// The intervals are those of [`estimates`]: by the kind of score, over patients, and each names its method. Calibration
/// errors have none, because resampling would add to their upward bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// Number of samples.
    pub samples: usize,
    /// Number of clusters: samples of one cluster depend on each other, those of different ones do not.
    pub clusters: usize,
    /// Number of known patients.
    pub patients: usize,
    /// Number of samples of unknown patient.
    pub of_unknown_patient: usize,
    /// Bootstrap behind the intervals.
    pub bootstrap: Bootstrap,
    /// Counts of true class against predicted class.
    pub confusion: ConfusionMatrix,
    /// Scores of each class.
    pub classes: Vec<ClassEvaluation>,
    /// Scores over all classes.
    pub overall: Vec<NamedEstimate>,
    /// Confidence against accuracy.
    pub reliability: Reliability,
}

/// The scores of a class and their short names.
const CLASS_SCORES: [(&str, ClassScore); 7] = [
    ("precision", ClassScore::Precision),
    ("recall", ClassScore::Recall),
    ("F1", ClassScore::F1),
    ("specificity", ClassScore::Specificity),
    ("NPV", ClassScore::NegativePredictiveValue),
    ("accuracy (one-vs-rest)", ClassScore::Accuracy),
    ("MCC (one-vs-rest)", ClassScore::MatthewsCorrelation),
];

impl Evaluation {
    /// Scores the predictions.
    ///
    /// # Errors
    ///
    /// Errors of the metrics, which do not occur for valid predictions.
    pub fn of(predictions: &Predictions, bootstrap: &Bootstrap) -> Result<Self, Error> {
        let classes: Vec<Class> = predictions.classes().iter().collect();
        let named: Vec<(String, Metric)> =
            classes.iter().flat_map(class_metrics).chain(overall_metrics()).collect();
        let metrics: Vec<Metric> = named.iter().map(|(_, metric)| metric.clone()).collect();
        let confusion = ConfusionMatrix::of(predictions);
        let estimates = estimates(predictions, &metrics, bootstrap)?;
        let mut named =
            named.into_iter().zip(estimates).map(|((name, _), estimate)| NamedEstimate { name, estimate });
        let each = classes
            .iter()
            .map(|class| {
                let scores = named.by_ref().take(CLASS_SCORES.len() + 2).collect();
                let support = confusion.one_vs_rest(class)?.support();
                Ok(ClassEvaluation { class: class.name().to_owned(), support, scores })
            })
            .collect::<Result<_, Error>>()?;
        let known = predictions.patients();
        Ok(Self {
            samples: predictions.len(),
            clusters: predictions.clusters().len(),
            patients: known.into_iter().flatten().flatten().collect::<HashSet<_>>().len(),
            of_unknown_patient: predictions.of_unknown_patient(),
            bootstrap: *bootstrap,
            classes: each,
            overall: named.collect(),
            reliability: Reliability::of(predictions, Bins::GUO)?,
            confusion,
        })
    }

    /// The independent units behind the intervals, in words: "168 clusters", or "168 clusters, 23 images of unknown patient".
    #[must_use]
    pub fn units_in_words(&self) -> String {
        let counted =
            |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
        let clusters = counted(self.clusters, "cluster");
        match self.of_unknown_patient {
            0 => clusters,
            unknown => format!("{clusters}, {} of unknown patient", counted(unknown, "image")),
        }
    }

    /// Table with one row per class: support, and every score with its interval.
    #[must_use]
    pub fn class_table(&self) -> Table {
        let names = self.classes.first().map_or(&[][..], |class| &class.scores);
        let header = ["class", "support"].map(str::to_owned);
        let mut table = Table::new(header.into_iter().chain(names.iter().map(|score| score.name.clone())));
        for class in &self.classes {
            let scores = class.scores.iter().map(|score| score.estimate.to_string());
            table.push([class.class.clone(), class.support.to_string()].into_iter().chain(scores));
        }
        table
    }

    /// Table with one row per class and score, narrow enough for a terminal.
    #[must_use]
    pub fn long_class_table(&self) -> Table {
        let mut table = Table::new(["class", "score", "value", "low", "high", "interval"]);
        for class in &self.classes {
            for score in &class.scores {
                table.push(std::iter::once(class.class.clone()).chain(long_row(score)));
            }
        }
        table
    }

    /// Table with one row for each score over all classes.
    #[must_use]
    pub fn overall_table(&self) -> Table {
        let mut table = Table::new(["score", "value", "low", "high", "interval"]);
        self.overall.iter().for_each(|score| table.push(long_row(score)));
        table
    }
}

fn long_row(score: &NamedEstimate) -> [String; 5] {
    let (low, high, method) = match &score.estimate.interval {
        Ok(interval) => {
            (format!("{:.4}", interval.low), format!("{:.4}", interval.high), interval.method.to_string())
        }
        Err(reason) => ("-".to_owned(), "-".to_owned(), format!("({reason})")),
    };
    [score.name.clone(), score_cell(score.estimate.score), low, high, method]
}

fn class_metrics(class: &Class) -> Vec<(String, Metric)> {
    let of_counts =
        CLASS_SCORES.iter().map(|(name, score)| ((*name).to_owned(), Metric::Class(*score, class.clone())));
    let of_ranking = [
        ("AUC".to_owned(), Metric::Auc(class.clone())),
        ("average precision".to_owned(), Metric::AveragePrecision(class.clone())),
    ];
    of_counts.chain(of_ranking).collect()
}

fn overall_metrics() -> Vec<(String, Metric)> {
    let mut metrics = vec![Metric::Accuracy, Metric::BalancedAccuracy];
    for average in [Average::Macro, Average::Weighted] {
        let scores = [ClassScore::Precision, ClassScore::Recall, ClassScore::F1];
        metrics.extend(scores.map(|score| Metric::Averaged(score, average)));
    }
    let averages = [Average::Macro, Average::Weighted, Average::Micro];
    metrics.extend(averages.map(Metric::AveragedAuc));
    metrics.push(Metric::OneVsOneAuc(PairAverage::Macro));
    metrics.extend(averages.map(Metric::AveragedPrecision));
    metrics.extend([Metric::MatthewsCorrelation, Metric::CohenKappa, Metric::LogLoss, Metric::Brier]);
    let norms = [CalibrationNorm::Mean, CalibrationNorm::Largest];
    metrics.extend(norms.map(|norm| Metric::CalibrationError(Bins::GUO, norm)));
    metrics.into_iter().map(|metric| (metric.to_string(), metric)).collect()
}
