//! Confusion matrix: counts by true class (rows) and predicted class (columns).

use std::collections::HashMap;

use radiograph_classes::{Class, Classes};
use serde::{Deserialize, Serialize};

use crate::{
    BinaryCounts, Error, Predictions, Score, Undefined,
    outcomes::Outcomes,
    score::{quotient, ratio},
};

/// Counts of true class (row) against predicted class (column), bound to a set of classes.
///
/// ```
/// use radiograph_classes::Classes;
/// use radiograph_metrics::ConfusionMatrix;
///
/// let classes = Classes::new(["covid", "pneumonia", "normal"])?;
/// let matrix = ConfusionMatrix::from_counts(&classes, &[[460, 2, 1], [17, 445, 0], [0, 0, 463]])?;
/// let covid = matrix.one_vs_rest(&classes.class("covid")?)?;
/// assert_eq!(covid.precision(), Ok(460.0 / 477.0));
/// assert_eq!(covid.recall(), Ok(460.0 / 463.0));
/// assert_eq!(matrix.accuracy(), Ok(1368.0 / 1388.0)); // one number for the whole matrix
/// assert_eq!(covid.accuracy(), Ok(1368.0 / 1388.0)); // (TP + TN) / N of one class, equation 9 of the paper
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct ConfusionMatrix {
    classes: Classes,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// The confusion matrix of these predictions. It counts samples, whatever their weights.
    #[must_use]
    pub fn of(predictions: &Predictions) -> Self {
        let size = predictions.classes().len();
        let mut counts = vec![0; size * size];
        for (&truth, &predicted) in
            predictions.truth_positions().iter().zip(predictions.predicted_positions())
        {
            counts[truth as usize * size + predicted as usize] += 1;
        }
        Self { classes: predictions.classes().clone(), counts }
    }

    /// The confusion matrix of hard labels: the true and the predicted class of each sample, by name.
    ///
    /// ```
    /// use radiograph_classes::Classes;
    /// use radiograph_metrics::ConfusionMatrix;
    ///
    /// let classes = Classes::new(["covid", "normal"])?;
    /// let matrix =
    ///     ConfusionMatrix::from_labels(&classes, &["covid", "covid", "normal"], &["covid", "normal", "normal"])?;
    /// assert_eq!(matrix.rows(), [[1, 1], [0, 1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the lists differ in length or are too long, or at the first label that is not a class.
    pub fn from_labels<T: AsRef<str>, P: AsRef<str>>(
        classes: &Classes,
        truth: &[T],
        predicted: &[P],
    ) -> Result<Self, Error> {
        if truth.len() != predicted.len() {
            let what = "the list of predicted classes".to_owned();
            return Err(Error::LengthMismatch { what, expected: truth.len(), got: predicted.len() });
        }
        let positions: HashMap<&str, usize> = classes.names().zip(0..).collect();
        let position = |index: usize, label: &str| {
            positions.get(label).copied().ok_or_else(|| Error::UnknownLabel {
                index,
                label: label.to_owned(),
                classes: classes.clone(),
            })
        };
        let mut rows = vec![vec![0_u64; classes.len()]; classes.len()];
        for (index, (truth, predicted)) in truth.iter().zip(predicted).enumerate() {
            rows[position(index, truth.as_ref())?][position(index, predicted.as_ref())?] += 1;
        }
        Self::from_counts(classes, &rows)
    }

    /// A matrix of given counts; rows are the truth, columns the prediction, both in the order of `classes`.
    ///
    /// # Errors
    ///
    /// If the matrix does not have one row and one column for each class.
    pub fn from_counts<R: AsRef<[u64]>>(classes: &Classes, rows: &[R]) -> Result<Self, Error> {
        let size = classes.len();
        let wrong = rows.iter().map(|row| row.as_ref().len()).find(|&width| width != size);
        if rows.len() != size || wrong.is_some() {
            let columns = wrong.unwrap_or(size);
            return Err(Error::ConfusionShape { classes: size, rows: rows.len(), columns });
        }
        let counts: Vec<u64> = rows.iter().flat_map(|row| row.as_ref().iter().copied()).collect();
        // Sums and products of two counts then stay within 64 bits and floats stay exact.
        let total = counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count)).unwrap_or(u64::MAX);
        if total > MAX_TOTAL {
            return Err(Error::TooLarge {
                what: "samples in a confusion matrix",
                got: total,
                limit: MAX_TOTAL,
            });
        }
        Ok(Self { classes: classes.clone(), counts })
    }

    /// The classes of rows and columns.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The number of samples of class `truth` that were predicted to be `predicted`.
    ///
    /// # Errors
    ///
    /// If one of the two is not a class of this matrix.
    pub fn count(&self, truth: &Class, predicted: &Class) -> Result<u64, Error> {
        Ok(self.counts
            [self.classes.position(truth)? * self.classes.len() + self.classes.position(predicted)?])
    }

    /// The rows in the order of [`ConfusionMatrix::classes`]: `rows()[truth][predicted]`.
    #[must_use]
    pub fn rows(&self) -> Vec<&[u64]> {
        self.counts.chunks(self.classes.len()).collect()
    }

    /// The number of all samples.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The counts of one class against all others.
    ///
    /// # Errors
    ///
    /// If `class` is not a class of this matrix.
    pub fn one_vs_rest(&self, class: &Class) -> Result<BinaryCounts, Error> {
        let position = self.classes.position(class)?;
        let (rows, hits) = (self.rows(), self.counts[position * (self.classes.len() + 1)]);
        let support: u64 = rows[position].iter().sum();
        let predicted: u64 = rows.iter().map(|row| row[position]).sum();
        Ok(BinaryCounts {
            true_positives: hits,
            false_positives: predicted - hits,
            false_negatives: support - hits,
            true_negatives: self.total() + hits - support - predicted,
        })
    }

    /// Overall accuracy, correct / all, which is also micro precision and micro recall. The accuracy of one class
    /// (equation 9 of the paper) is [`BinaryCounts::accuracy`] of [`ConfusionMatrix::one_vs_rest`].
    ///
    /// # Errors
    ///
    /// Undefined without samples.
    pub fn accuracy(&self) -> Score {
        self.margins().accuracy()
    }

    /// The accuracy of always predicting the most frequent true class, which needs no image. An accuracy belongs beside it.
    ///
    /// # Errors
    ///
    /// Undefined without samples.
    pub fn no_information_rate(&self) -> Score {
        let most = self.rows().iter().map(|row| row.iter().sum::<u64>()).max();
        ratio(most.unwrap_or(0), self.total(), Undefined::NoSample)
    }

    /// Mean recall over the classes.
    ///
    /// # Errors
    ///
    /// Undefined if a class has no sample.
    pub fn balanced_accuracy(&self) -> Score {
        self.margins().balanced_accuracy()
    }

    /// Matthews correlation for K classes (Gorodkin's R_K), in [−1, 1].
    ///
    /// # Errors
    ///
    /// Undefined if all samples have the same true class, or all have the same predicted class.
    pub fn matthews_correlation(&self) -> Score {
        self.margins().matthews_correlation()
    }

    /// Cohen's kappa, agreement beyond chance.
    ///
    /// # Errors
    ///
    /// Undefined without samples, and if all true and predicted classes are the same class.
    pub fn cohen_kappa(&self) -> Score {
        self.margins().cohen_kappa()
    }

    pub(crate) fn margins(&self) -> Margins {
        let cells: Vec<f64> = self.counts.iter().map(|&count| count as f64).collect();
        Margins::of(&cells, self.classes.len())
    }
}

/// The largest total of a confusion matrix: 2^31, so that products of two sums fit 64 bits.
pub(crate) const MAX_TOTAL: u64 = 1 << 31;

/// Diagonal, row sums and column sums, which determine every score of a confusion matrix.
#[derive(Clone, Debug)]
pub(crate) struct Margins {
    correct: Vec<f64>,
    truth: Vec<f64>,
    predicted: Vec<f64>,
    total: f64,
}

/// Share of the total below which a difference of sums is rounding. Whole numbers, of which there are at most 2^31, never are.
const ROUNDING: f64 = 1e-12;

impl Margins {
    /// Of cells `[K, K]`, row-major, rows truth: counts, or sums of weights.
    pub(crate) fn of(cells: &[f64], size: usize) -> Self {
        let mut margins =
            Self { correct: vec![0.0; size], truth: vec![0.0; size], predicted: vec![0.0; size], total: 0.0 };
        for (truth, row) in cells.chunks(size).enumerate() {
            margins.correct[truth] = row[truth];
            for (predicted, &weight) in row.iter().enumerate() {
                margins.truth[truth] += weight;
                margins.predicted[predicted] += weight;
                margins.total += weight;
            }
        }
        margins
    }

    pub(crate) fn one_vs_rest(&self, position: usize) -> Outcomes {
        let hits = self.correct[position];
        let (truth, predicted) = (self.truth[position], self.predicted[position]);
        let exact = |difference: f64| if difference > ROUNDING * self.total { difference } else { 0.0 };
        Outcomes {
            true_positives: hits,
            false_positives: exact(predicted - hits),
            false_negatives: exact(truth - hits),
            true_negatives: exact(self.total + hits - truth - predicted),
        }
    }

    pub(crate) fn each(&self) -> impl ExactSizeIterator<Item = Outcomes> + '_ {
        (0..self.truth.len()).map(|position| self.one_vs_rest(position))
    }

    pub(crate) fn accuracy(&self) -> Score {
        quotient(self.correct.iter().sum(), self.total, Undefined::NoSample)
    }

    pub(crate) fn balanced_accuracy(&self) -> Score {
        let recalls = self.each().map(|outcomes| outcomes.recall()).sum::<Score>()?;
        Ok(recalls / self.truth.len() as f64)
    }

    pub(crate) fn matthews_correlation(&self) -> Score {
        let total = self.total;
        if total == 0.0 {
            return Err(Undefined::NoSample);
        }
        let spread =
            |sums: &[f64]| sums.iter().map(|&sum| (sum / total) * ((total - sum) / total)).sum::<f64>();
        let (truth, predicted) = (spread(&self.truth), spread(&self.predicted));
        if truth == 0.0 {
            return Err(Undefined::ConstantTruth);
        }
        if predicted == 0.0 {
            return Err(Undefined::ConstantPrediction);
        }
        let covariance = self.accuracy()? - self.chance_agreement();
        Ok((covariance / (truth.sqrt() * predicted.sqrt())).clamp(-1.0, 1.0))
    }

    pub(crate) fn cohen_kappa(&self) -> Score {
        let accuracy = self.accuracy()?;
        if self.truth.iter().zip(&self.predicted).any(|(&t, &p)| t == self.total && p == self.total) {
            return Err(Undefined::ConstantTruth);
        }
        let chance = self.chance_agreement();
        Ok((accuracy - chance) / (1.0 - chance))
    }

    /// Expected agreement of independent truth and prediction with these margins.
    fn chance_agreement(&self) -> f64 {
        let product = |(&t, &p): (&f64, &f64)| (t / self.total) * (p / self.total);
        self.truth.iter().zip(&self.predicted).map(product).sum()
    }
}

/// Serialised form: names and rows, checked again when they are read.
#[derive(Serialize, Deserialize)]
struct Written {
    classes: Classes,
    rows_truth_columns_predicted: Vec<Vec<u64>>,
}

impl From<ConfusionMatrix> for Written {
    fn from(matrix: ConfusionMatrix) -> Self {
        let rows = matrix.rows().into_iter().map(<[u64]>::to_vec).collect();
        Self { classes: matrix.classes, rows_truth_columns_predicted: rows }
    }
}

impl TryFrom<Written> for ConfusionMatrix {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        Self::from_counts(&written.classes, &written.rows_truth_columns_predicted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_and_size_are_checked() {
        let classes = Classes::new(["a", "b"]).unwrap();
        assert!(matches!(
            ConfusionMatrix::from_counts(&classes, &[vec![1, 2], vec![3]]),
            Err(Error::ConfusionShape { classes: 2, rows: 2, columns: 1 })
        ));
        assert!(ConfusionMatrix::from_counts(&classes, &[[u64::MAX, 1], [0, 0]]).is_err());
        let written = r#"{"classes":["a","b"],"rows_truth_columns_predicted":[[1,2],[3,4]]}"#;
        let matrix: ConfusionMatrix = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&matrix).unwrap(), written);
        assert_eq!(matrix.count(&classes.class("a").unwrap(), &classes.class("b").unwrap()).unwrap(), 2);
        assert!(serde_json::from_str::<ConfusionMatrix>(&written.replace("[3,4]", "[3]")).is_err());
    }

    #[test]
    fn hard_labels_are_counted_by_name() {
        let classes = Classes::new(["a", "b", "c"]).unwrap();
        let of =
            |truth: &[&str], predicted: &[&str]| ConfusionMatrix::from_labels(&classes, truth, predicted);
        // sklearn.metrics.confusion_matrix(["c", "a", "c", "b", "c"], ["a", "a", "c", "c", "c"]).
        let matrix = of(&["c", "a", "c", "b", "c"], &["a", "a", "c", "c", "c"]).unwrap();
        assert_eq!(matrix.rows(), [[1, 0, 0], [0, 0, 1], [1, 0, 2]]);
        assert_eq!(matrix.no_information_rate(), Ok(0.6));
        assert!(matches!(of(&["a"], &[]), Err(Error::LengthMismatch { expected: 1, got: 0, .. })));
        assert!(matches!(of(&["a", "d"], &["a", "a"]), Err(Error::UnknownLabel { index: 1, .. })));
        assert_eq!(of(&[], &[]).unwrap().no_information_rate(), Err(Undefined::NoSample));
    }

    #[test]
    fn a_matrix_of_one_truth_has_no_correlation() {
        let classes = Classes::new(["a", "b"]).unwrap();
        let of = |rows: [[u64; 2]; 2]| ConfusionMatrix::from_counts(&classes, &rows).unwrap();
        assert_eq!(of([[0, 0], [0, 0]]).accuracy(), Err(Undefined::NoSample));
        assert_eq!(of([[3, 2], [0, 0]]).matthews_correlation(), Err(Undefined::ConstantTruth));
        assert_eq!(of([[3, 0], [2, 0]]).matthews_correlation(), Err(Undefined::ConstantPrediction));
        assert_eq!(of([[3, 0], [0, 0]]).cohen_kappa(), Err(Undefined::ConstantTruth));
        assert_eq!(of([[3, 0], [2, 0]]).cohen_kappa(), Ok(0.0));
        assert_eq!(of([[3, 2], [0, 0]]).balanced_accuracy(), Err(Undefined::NoPositive));
    }
}
