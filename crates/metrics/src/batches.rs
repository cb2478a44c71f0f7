//! Collects predictions batch by batch.

use ndarray::Array2;

use crate::{Classes, Error, Predictions, Probabilities};

/// Labels and probabilities of the batches so far. A batch may hold one sample.
///
/// ```
/// use radiograph_metrics::{Batches, Classes, Probabilities};
///
/// let classes = Classes::new(["covid", "normal"])?;
/// let mut batches = Batches::new(&classes);
/// for (label, p) in [("covid", 0.9), ("normal", 0.2)] {
///     let columns = Probabilities::from_columns([("covid", vec![p]), ("normal", vec![1.0 - p])])?;
///     batches.push(&[label], &columns)?;
/// }
/// let predictions = batches.finish()?.with_patients(&["ann", "bob"])?;
/// assert_eq!(predictions.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Predictions that are complete in themselves, such as those of folds, are joined by
/// [`Predictions::concat`](crate::Predictions::concat).
#[derive(Clone, Debug)]
pub struct Batches {
    classes: Classes,
    truth: Vec<String>,
    values: Vec<f64>,
}

impl Batches {
    /// No batch yet.
    #[must_use]
    pub fn new(classes: &Classes) -> Self {
        Self { classes: classes.clone(), truth: Vec::new(), values: Vec::new() }
    }

    /// Adds a batch: the true classes, by name, and the probabilities of the same samples. A refused batch changes nothing.
    ///
    /// # Errors
    ///
    /// If the two differ in length, if the columns are of other classes, or at the first label that is not a class; its index
    /// counts all samples so far.
    pub fn push<L: AsRef<str>>(&mut self, truth: &[L], probabilities: &Probabilities) -> Result<(), Error> {
        let ordered = probabilities.in_order_of(&self.classes)?;
        let rows = ordered.values();
        if truth.len() != rows.nrows() {
            let what = "the truth of a batch".to_owned();
            return Err(Error::LengthMismatch { what, expected: rows.nrows(), got: truth.len() });
        }
        let unknown = |label: &&L| self.classes.class(label.as_ref()).is_err();
        if let Some((at, label)) = truth.iter().enumerate().find(|(_, label)| unknown(label)) {
            let (index, label) = (self.truth.len() + at, label.as_ref().to_owned());
            return Err(Error::UnknownLabel { index, label, classes: self.classes.clone() });
        }
        self.truth.extend(truth.iter().map(|label| label.as_ref().to_owned()));
        self.values.extend(rows.iter());
        Ok(())
    }

    /// The predictions of all batches, in the order in which they came.
    ///
    /// # Errors
    ///
    /// As [`Predictions::new`], such as fewer than two samples.
    pub fn finish(self) -> Result<Predictions, Error> {
        let width = self.classes.len();
        let values =
            Array2::from_shape_fn((self.truth.len(), width), |(row, k)| self.values[row * width + k]);
        Predictions::new(&self.classes, &self.truth, &Probabilities::new(&self.classes, values)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_together_are_the_whole_and_a_refused_one_leaves_no_trace() {
        let classes = Classes::new(["a", "b"]).unwrap();
        let columns = |names: [&'static str; 2], first: &[f64]| {
            let second = first.iter().map(|p| 1.0 - p).collect();
            Probabilities::from_columns([(names[0], first.to_vec()), (names[1], second)]).unwrap()
        };
        let mut batches = Batches::new(&classes);
        batches.push(&["a", "b"], &columns(["a", "b"], &[0.75, 0.25])).unwrap();
        batches.push(&["a"], &columns(["b", "a"], &[0.125])).unwrap(); // another order of columns
        let refused = batches.push(&["a", "c"], &columns(["a", "b"], &[0.5, 0.5]));
        assert!(matches!(refused, Err(Error::UnknownLabel { index: 4, .. })));
        let short = batches.push(&["a"], &columns(["a", "b"], &[0.5, 0.5]));
        assert!(matches!(short, Err(Error::LengthMismatch { expected: 2, got: 1, .. })));
        assert!(matches!(batches.push(&["a"], &columns(["a", "c"], &[0.5])), Err(Error::Classes(_))));
        let joined = batches.finish().unwrap();
        let whole = Predictions::new(&classes, &["a", "b", "a"], &columns(["a", "b"], &[0.75, 0.25, 0.875]));
        assert_eq!(serde_json::to_string(&joined).unwrap(), serde_json::to_string(&whole.unwrap()).unwrap());
        assert!(matches!(Batches::new(&classes).finish(), Err(Error::TooFewSamples { got: 0 })));
    }
}
