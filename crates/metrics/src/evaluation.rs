//! Full evaluation of one model: the usual scores, each with an interval.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    Average, Bins, Bootstrap, CalibrationNorm, Class, ClassScore, ConfusionMatrix, Error, Estimate, Metric,
    PairAverage, Predictions, Reliability, Table, estimates, table::estimate_row,
};

/// A metric with its value and interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricEstimate {
    /// The metric. Its name is stored.
    #[serde(rename = "name")]
    pub metric: Metric,
    /// Its value and interval.
    pub estimate: Estimate,
}

/// The scores of one class. Stored scores have short names, which leave out the class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenClass", into = "WrittenClass")]
#[non_exhaustive]
pub struct ClassEvaluation {
    /// The class.
    pub class: String,
    /// Number of samples of the class.
    pub support: u64,
    /// Scores of the class, the same ones in the same order for every class.
    pub scores: Vec<MetricEstimate>,
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
    /// Counts of true class against predicted class: of samples, whatever their weights.
    pub confusion: ConfusionMatrix,
    /// Scores of each class.
    pub classes: Vec<ClassEvaluation>,
    /// Scores over all classes.
    pub overall: Vec<MetricEstimate>,
    /// Confidence against accuracy.
    pub reliability: Reliability,
}

/// The scores of a class that are functions of its counts.
const CLASS_SCORES: [ClassScore; 7] = [
    ClassScore::Precision,
    ClassScore::Recall,
    ClassScore::F1,
    ClassScore::Specificity,
    ClassScore::NegativePredictiveValue,
    ClassScore::Accuracy,
    ClassScore::MatthewsCorrelation,
];

impl Evaluation {
    /// Scores the predictions.
    ///
    /// # Errors
    ///
    /// Errors of the metrics, which do not occur for valid predictions.
    pub fn of(predictions: &Predictions, bootstrap: &Bootstrap) -> Result<Self, Error> {
        Self::by(predictions, class_metrics, &overall_metrics(), bootstrap)
    }

    /// Only the calibration of the predictions: log loss, Brier score and calibration errors, with the counts and the
    /// reliability data.
    ///
    /// This is the evaluation of probabilities after temperature scaling. No predicted class changes by it, but with three or
    /// more classes their ranks across samples do, so that a test part would have two AUCs.
    ///
    /// # Errors
    ///
    /// As [`Evaluation::of`].
    pub fn of_calibration(predictions: &Predictions, bootstrap: &Bootstrap) -> Result<Self, Error> {
        Self::by(predictions, |_| Vec::new(), &calibration_metrics(), bootstrap)
    }

    fn by(
        predictions: &Predictions,
        of_class: fn(&Class) -> Vec<Metric>,
        overall: &[Metric],
        bootstrap: &Bootstrap,
    ) -> Result<Self, Error> {
        let classes: Vec<(Class, Vec<Metric>)> =
            predictions.classes().iter().map(|class| (class.clone(), of_class(&class))).collect();
        let metrics: Vec<Metric> =
            classes.iter().flat_map(|(_, metrics)| metrics).chain(overall).cloned().collect();
        let confusion = ConfusionMatrix::of(predictions);
        let estimates = estimates(predictions, &metrics, bootstrap)?;
        let mut scored =
            metrics.into_iter().zip(estimates).map(|(metric, estimate)| MetricEstimate { metric, estimate });
        let each = classes
            .iter()
            .map(|(class, metrics)| {
                let scores = scored.by_ref().take(metrics.len()).collect();
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
            overall: scored.collect(),
            reliability: Reliability::of(predictions, Bins::GUO)?,
            confusion,
        })
    }

    /// The value and interval of a metric, if the evaluation has it.
    ///
    /// ```
    /// # use radiograph_metrics::{Bootstrap, Evaluation, Metric, Predictions};
    /// # let file = "label,p_a,p_b\na,0.9,0.1\nb,0.2,0.8\na,0.6,0.4\nb,0.7,0.3\n";
    /// # let predictions = Predictions::read_csv(file.as_bytes(), None)?;
    /// let evaluation = Evaluation::of(&predictions, &Bootstrap::new(100, 7)?)?;
    /// let auc = Metric::Auc(predictions.class("a")?);
    /// assert_eq!(evaluation.estimate(&auc).map(|estimate| estimate.score), Some(Ok(0.75)));
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn estimate(&self, metric: &Metric) -> Option<&Estimate> {
        self.scores().find(|scored| scored.metric == *metric).map(|scored| &scored.estimate)
    }

    /// All scores: those over all classes, then those of each class.
    pub fn scores(&self) -> impl Iterator<Item = &MetricEstimate> {
        self.overall.iter().chain(self.classes.iter().flat_map(|class| &class.scores))
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
        let mut table =
            Table::new(header.into_iter().chain(names.iter().map(|score| score.metric.short_name())));
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

fn long_row(score: &MetricEstimate) -> [String; 5] {
    estimate_row(score.metric.short_name(), &score.estimate)
}

fn class_metrics(class: &Class) -> Vec<Metric> {
    let of_counts = CLASS_SCORES.iter().map(|score| Metric::Class(*score, class.clone()));
    let of_ranking = [Metric::Auc(class.clone()), Metric::AveragePrecision(class.clone())];
    of_counts.chain(of_ranking).collect()
}

fn overall_metrics() -> Vec<Metric> {
    let mut metrics = vec![Metric::Accuracy, Metric::BalancedAccuracy];
    for average in [Average::Macro, Average::Weighted] {
        let scores = [ClassScore::Precision, ClassScore::Recall, ClassScore::F1];
        metrics.extend(scores.map(|score| Metric::Averaged(score, average)));
    }
    let averages = [Average::Macro, Average::Weighted, Average::Micro];
    metrics.extend(averages.map(Metric::AveragedAuc));
    metrics.push(Metric::OneVsOneAuc(PairAverage::Macro));
    metrics.extend(averages.map(Metric::AveragedPrecision));
    metrics.extend([Metric::MatthewsCorrelation, Metric::CohenKappa]);
    metrics.extend(calibration_metrics());
    metrics
}

fn calibration_metrics() -> Vec<Metric> {
    let norms = [CalibrationNorm::Mean, CalibrationNorm::Largest];
    let errors = norms.map(|norm| Metric::CalibrationError(Bins::GUO, norm));
    [Metric::LogLoss, Metric::Brier].into_iter().chain(errors).collect()
}

/// Stored form of a [`ClassEvaluation`].
#[derive(Serialize, Deserialize)]
struct WrittenClass {
    class: String,
    support: u64,
    scores: Vec<WrittenScore>,
}

#[derive(Serialize, Deserialize)]
struct WrittenScore {
    name: String,
    estimate: Estimate,
}

impl From<ClassEvaluation> for WrittenClass {
    fn from(ClassEvaluation { class, support, scores }: ClassEvaluation) -> Self {
        let written = |score: MetricEstimate| WrittenScore {
            name: score.metric.short_name(),
            estimate: score.estimate,
        };
        Self { class, support, scores: scores.into_iter().map(written).collect() }
    }
}

impl TryFrom<WrittenClass> for ClassEvaluation {
    type Error = Error;

    fn try_from(WrittenClass { class, support, scores }: WrittenClass) -> Result<Self, Error> {
        let of: Class = class.parse()?;
        let read = |WrittenScore { name, estimate }: WrittenScore| match Metric::of_class(&name, of.clone()) {
            Some(metric) => Ok(MetricEstimate { metric, estimate }),
            None => Err(Error::UnknownMetric { name }),
        };
        Ok(Self { support, scores: scores.into_iter().map(read).collect::<Result<_, _>>()?, class })
    }
}
