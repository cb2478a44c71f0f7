//! A probability matrix whose columns are bound to class names.

use ndarray::{Array2, ArrayView2};
use radiograph_classes::{Class, Classes};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Largest deviation from 1 of the sum of one sample's probabilities: room for `f32` softmax and for six printed
/// decimals.
pub const ROW_SUM_TOLERANCE: f64 = 1e-5;

/// Probabilities `[N, K]` whose columns are bound to classes.
///
/// Checked once, on construction: at least two classes, every entry a number in [0, 1], every row summing to 1 within
/// [`ROW_SUM_TOLERANCE`]. Rows are never rescaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Probabilities {
    columns: Classes,
    values: Array2<f64>,
}

impl Probabilities {
    /// A matrix `[N, K]` whose columns are in the order of `columns`, the classes of the model that computed it.
    ///
    /// # Errors
    ///
    /// If there is only one class, if the width is not the number of classes, or at the first entry or row that is not
    /// part of a distribution.
    pub fn new(columns: &Classes, values: Array2<f64>) -> Result<Self, Error> {
        if columns.len() < 2 {
            return Err(Error::OneClass { class: columns.to_string() });
        }
        if values.ncols() != columns.len() {
            return Err(wrong_width(columns, values.ncols()));
        }
        for (row, probabilities) in values.outer_iter().enumerate() {
            for (class, &value) in columns.names().zip(probabilities) {
                // NaN fails this test too.
                if !(0.0..=1.0).contains(&value) {
                    return Err(Error::InvalidProbability { row, class: class.to_owned(), value });
                }
            }
            let sum = probabilities.sum();
            if (sum - 1.0).abs() > ROW_SUM_TOLERANCE {
                return Err(Error::Unnormalised { row, sum, tolerance: ROW_SUM_TOLERANCE });
            }
        }
        Ok(Self { columns: columns.clone(), values })
    }

    /// Probabilities from named columns in any order, each with one probability per sample.
    ///
    /// ```
    /// use radiograph_metrics::Probabilities;
    ///
    /// let probabilities = Probabilities::from_columns([
    ///     ("normal", vec![0.9, 0.2]),
    ///     ("covid", vec![0.1, 0.8]),
    /// ])?;
    /// # Ok::<(), radiograph_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Probabilities::new`], and if the columns differ in length or a name is invalid.
    pub fn from_columns<'a>(named: impl IntoIterator<Item = (&'a str, Vec<f64>)>) -> Result<Self, Error> {
        let (names, columns): (Vec<&str>, Vec<Vec<f64>>) = named.into_iter().unzip();
        let classes = Classes::new(names.iter().copied())?;
        let samples = columns[0].len(); // a set of classes is never empty
        for (name, column) in names.iter().zip(&columns) {
            if column.len() != samples {
                return Err(Error::LengthMismatch {
                    what: format!("column {name:?}"),
                    expected: samples,
                    got: column.len(),
                });
            }
        }
        Self::new(&classes, Array2::from_shape_fn((samples, columns.len()), |(row, k)| columns[k][row]))
    }

    /// The same probabilities with their columns in the order of `classes`, matched by name.
    ///
    /// # Errors
    ///
    /// If `classes` does not hold the same names.
    pub fn in_order_of(&self, classes: &Classes) -> Result<Self, Error> {
        let order = classes.columns_of(&self.columns)?;
        Ok(Self { columns: classes.clone(), values: self.values.select(ndarray::Axis(1), &order) })
    }

    /// The classes of the columns, in order.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.columns
    }

    /// The matrix `[N, K]`, columns in the order of [`Probabilities::classes`].
    #[must_use]
    pub fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// The column of one class, found by its name.
    ///
    /// # Errors
    ///
    /// If no column belongs to that class.
    pub fn of(&self, class: &Class) -> Result<Vec<f64>, Error> {
        Ok(self.values.column(self.columns.position(class)?).to_vec())
    }

    /// Rows at these positions, in this order; a position may repeat.
    pub(crate) fn rows(&self, picked: &[usize]) -> Self {
        Self { columns: self.columns.clone(), values: self.values.select(ndarray::Axis(0), picked) }
    }

    /// These rows, then those of `other`, whose columns are brought into our order.
    pub(crate) fn followed_by(&self, other: &Self) -> Result<Self, Error> {
        let other = other.in_order_of(&self.columns)?;
        let (rows, more) = (self.values.nrows(), other.values.nrows());
        let values = Array2::from_shape_fn((rows + more, self.columns.len()), |(row, k)| {
            if row < rows { self.values[[row, k]] } else { other.values[[row - rows, k]] }
        });
        Ok(Self { columns: self.columns.clone(), values })
    }

    /// Other scores `[N, K]` in the place of the probabilities. The rows are no distributions any more: only metrics that
    /// order scores may see them.
    pub(crate) fn with_scores(&self, scores: Array2<f64>) -> Self {
        Self { columns: self.columns.clone(), values: scores }
    }

    /// Each row replaced by `transform` of it, which must return a distribution again.
    pub(crate) fn map_rows(&self, transform: impl Fn(&[f64], &mut [f64])) -> Self {
        let mut values = self.values.as_standard_layout().into_owned();
        let mut row = Vec::with_capacity(self.columns.len());
        for mut target in values.outer_iter_mut() {
            row.clear();
            row.extend(target.iter().copied());
            if let Some(target) = target.as_slice_mut() {
                transform(&row, target);
            }
        }
        Self { columns: self.columns.clone(), values }
    }
}

/// Serialised form: names and rows, checked again when they are read.
#[derive(Serialize, Deserialize)]
struct Written {
    classes: Classes,
    rows: Vec<Vec<f64>>,
}

impl TryFrom<Written> for Probabilities {
    type Error = Error;

    fn try_from(Written { classes, rows }: Written) -> Result<Self, Error> {
        if let Some(row) = rows.iter().find(|row| row.len() != classes.len()) {
            return Err(wrong_width(&classes, row.len()));
        }
        let values = Array2::from_shape_fn((rows.len(), classes.len()), |(row, k)| rows[row][k]);
        Self::new(&classes, values)
    }
}

impl From<Probabilities> for Written {
    fn from(probabilities: Probabilities) -> Self {
        let rows = probabilities.values.outer_iter().map(|row| row.to_vec()).collect();
        Self { classes: probabilities.columns, rows }
    }
}

fn wrong_width(classes: &Classes, got: usize) -> Error {
    let what = "a row of probabilities (one entry a class)".to_owned();
    Error::LengthMismatch { what, expected: classes.len(), got }
}
