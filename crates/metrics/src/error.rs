//! Errors in the input of a score. A score that does not exist is not an error but an [`Undefined`](crate::Undefined).

use crate::Undefined;

/// Reason why predictions or scores were refused. Every index counts from 0 and belongs to the first offender.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The class names are at fault: an unknown name, or two sets that differ.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// The count matrix has the wrong shape.
    #[error("a confusion matrix of {classes} classes has as many rows and columns, not {rows} × {columns}")]
    ConfusionShape {
        /// Number of classes in the set.
        classes: usize,
        /// Number of rows given.
        rows: usize,
        /// Number of columns given.
        columns: usize,
    },
    /// A file could not be read as CSV.
    #[error("the CSV cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A file has two columns of the same name.
    #[error("the file has two columns named {column:?}")]
    DuplicateColumn {
        /// The column.
        column: String,
    },
    /// Two samples have the same id.
    #[error("samples {first} and {second} have the same id {id:?}; a picture may be scored once")]
    DuplicateId {
        /// The id.
        id: String,
        /// Position of its first sample.
        first: usize,
        /// Position of its second sample.
        second: usize,
    },
    /// A patient, group or id is an empty text.
    #[error("the {what} of sample {index} is empty; leave it out (missing) or give it a name")]
    EmptyName {
        /// Kind of name: "patient", "id" or the name of a field.
        what: String,
        /// The sample.
        index: usize,
    },
    /// A prevalence list that is not a distribution over the classes.
    #[error("prevalences must be in [0, 1] and sum to 1, but class {class} has {value} and the sum is {sum}")]
    InvalidPrevalence {
        /// The first offending class, or the last one if only the sum is wrong.
        class: String,
        /// Its prevalence.
        value: f64,
        /// The sum of all.
        sum: f64,
    },
    /// A probability that is not a number in [0, 1].
    #[error("the probability of sample {row} for class {class} is {value}, not a number in [0, 1]")]
    InvalidProbability {
        /// The sample.
        row: usize,
        /// The class.
        class: String,
        /// The value.
        value: f64,
    },
    /// A score that is not finite.
    #[error("score {index} is {value}, not a finite number")]
    InvalidScore {
        /// The sample.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A setting out of its range.
    #[error("{name} is {value}; it must be {range}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// The requested value.
        value: f64,
        /// The allowed range.
        range: &'static str,
    },
    /// A weight that is not above 0 and finite.
    #[error("the weight of sample {index} is {value}; it must be above 0 and finite")]
    InvalidWeight {
        /// The sample.
        index: usize,
        /// Its weight.
        value: f64,
    },
    /// Lists that must be equally long are not.
    #[error("{what} has {got} entries for {expected} samples")]
    LengthMismatch {
        /// Name of the list.
        what: String,
        /// Number of samples.
        expected: usize,
        /// Length of the list.
        got: usize,
    },
    /// A file lacks a required column.
    #[error("the file has no column {column:?}; {}", columns_found(found))]
    MissingColumn {
        /// The column.
        column: String,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// A score that calibration cannot judge, because it is no probability.
    #[error("score {index} is {value}, not a probability; calibration needs numbers in [0, 1]")]
    NotAProbability {
        /// The sample.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Two sets of predictions that must cover the same samples do not.
    #[error("the two models were not scored on the same samples: {what} differs at sample {index}")]
    NotPaired {
        /// First difference: "id", "label", "patient".
        what: &'static str,
        /// The sample.
        index: usize,
    },
    /// There is only one class.
    #[error("a classifier needs at least two classes, and the set holds only {class:?}")]
    OneClass {
        /// The class.
        class: String,
    },
    /// There are fewer than two samples to score.
    #[error("{got} sample(s): a score needs at least two")]
    TooFewSamples {
        /// Number of samples given.
        got: usize,
    },
    /// A matrix exceeds its size limit.
    #[error("{what}: {got} is over the limit of {limit}")]
    TooLarge {
        /// Dimension that is too large.
        what: &'static str,
        /// Size given.
        got: u64,
        /// The limit.
        limit: u64,
    },
    /// Probabilities of one sample that do not sum to 1.
    #[error(
        "the probabilities of sample {row} sum to {sum}, which is off 1 by more than {tolerance}; apply softmax, or divide by the sum"
    )]
    Unnormalised {
        /// The sample.
        row: usize,
        /// Their sum.
        sum: f64,
        /// [`ROW_SUM_TOLERANCE`](crate::ROW_SUM_TOLERANCE).
        tolerance: f64,
    },
    /// A cell that should hold a number.
    #[error("line {line}, column {column:?}: {text:?} is not a number")]
    UnreadableNumber {
        /// The line of the file, from 1.
        line: u64,
        /// The column.
        column: String,
        /// Text of the cell.
        text: String,
    },
    /// The quantity does not exist for this data.
    #[error(transparent)]
    Undefined(#[from] Undefined),
    /// A label is not a class of the set.
    #[error("sample {index} is labelled {label:?}, which is not a class; the classes are {classes}")]
    UnknownLabel {
        /// The sample.
        index: usize,
        /// Its label.
        label: String,
        /// The set of classes.
        classes: radiograph_classes::Classes,
    },
    /// A name that is not one of a metric.
    #[error("{name:?} is not the name of a metric")]
    UnknownMetric {
        /// The name.
        name: String,
    },
    /// A name that is not one of the compared models.
    #[error("{model:?} is not one of the models; they are {}", known.join(", "))]
    UnknownModel {
        /// The name.
        model: String,
        /// Names of the models.
        known: Vec<String>,
    },
    /// A reader decided on a sample that the model was not scored on.
    #[error("the readers' table has sample {id:?}, which the predictions have not")]
    UnknownSample {
        /// The id.
        id: String,
    },
    /// A field that was not given.
    #[error("the predictions have no field {field:?}; they have {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })]
    UnknownField {
        /// The field.
        field: String,
        /// Fields that were given.
        known: Vec<String>,
    },
}

impl Undefined {
    /// Takes an undefined value out of the errors, to store it or to show its reason; an error of the input stays one.
    ///
    /// ```
    /// use radiograph_metrics::{BinaryScores, Undefined};
    ///
    /// let negative = BinaryScores::new(&[false, false], &[0.2, 0.4])?;
    /// assert_eq!(Undefined::catch(negative.at_specificity(0.9))?, Err(Undefined::NoPositive));
    /// assert!(Undefined::catch(negative.at_specificity(1.9)).is_err());
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every error but [`Error::Undefined`].
    pub fn catch<T>(result: Result<T, Error>) -> Result<Result<T, Self>, Error> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Error::Undefined(reason)) => Ok(Err(reason)),
            Err(error) => Err(error),
        }
    }
}

fn columns_found(found: &[String]) -> String {
    if found.is_empty() { "it is empty".to_owned() } else { format!("its columns are {}", found.join(", ")) }
}
