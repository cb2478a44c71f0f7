//! The training examples: a matrix of features with a class for each row.

use ndarray::{Array2, ArrayView2};
use radiograph_classes::Classes;

use crate::{Error, Standardisation};

/// Features `[N, D]` with a class and a weight for each row, checked once.
///
/// The features are kept in standard units of all rows. Every probe still uses the mean and the deviation of its own
/// training rows alone: two affine maps in a row are one, so the first leaves no trace in the result except for less
/// rounding.
#[derive(Clone, Debug)]
pub struct Examples {
    pub(crate) classes: Classes,
    width: usize,
    scaled: Vec<f64>,
    pub(crate) scaling: Standardisation,
    pub(crate) labels: Vec<usize>,
    pub(crate) weights: Vec<f64>,
}

/// A training row. Features that are left out at its end are 0.
pub(crate) struct Row<'a> {
    pub(crate) features: &'a [f64],
    pub(crate) label: usize,
    pub(crate) weight: f64,
}

impl Examples {
    /// Examples whose classes are given as positions in `classes`. Every row has weight 1.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::OneClass`], [`Error::Length`], [`Error::Label`], or [`Error::NotFinite`] at the first
    /// offender.
    pub fn new(features: ArrayView2<'_, f64>, classes: &Classes, labels: Vec<usize>) -> Result<Self, Error> {
        Self::owning(features.to_owned(), classes, labels)
    }

    /// As [`Examples::new`], without a copy of the features.
    ///
    /// # Errors
    ///
    /// As [`Examples::new`].
    pub fn owning(features: Array2<f64>, classes: &Classes, labels: Vec<usize>) -> Result<Self, Error> {
        let (rows, columns) = features.dim();
        if rows == 0 || columns == 0 {
            return Err(Error::Empty { rows, columns });
        }
        if classes.len() < 2 {
            return Err(Error::OneClass { class: classes.names().collect() });
        }
        if labels.len() != rows {
            return Err(Error::Length { what: "labels", expected: rows, got: labels.len() });
        }
        if let Some((row, &label)) = labels.iter().enumerate().find(|(_, label)| **label >= classes.len()) {
            return Err(Error::Label { row, label, classes: classes.len() });
        }
        finite(&features.view())?;
        let mut scaled = match features.is_standard_layout() {
            true => {
                let (values, start) = features.into_raw_vec_and_offset();
                let (start, length) = (start.unwrap_or(0), rows * columns);
                if values.len() == length { values } else { values[start..start + length].to_vec() }
            }
            false => features.iter().copied().collect(),
        };
        let scaling = Standardisation::of(columns, scaled.chunks_exact(columns));
        scaled.chunks_exact_mut(columns).for_each(|row| scaling.apply(row));
        Ok(Self {
            classes: classes.clone(),
            width: columns,
            scaled,
            scaling,
            labels,
            weights: vec![1.0; rows],
        })
    }

    /// Examples whose classes are given by name.
    ///
    /// # Errors
    ///
    /// As [`Examples::new`], and [`Error::Classes`] if a name is not in the set.
    pub fn named<N: AsRef<str>>(
        features: ArrayView2<'_, f64>,
        classes: &Classes,
        names: &[N],
    ) -> Result<Self, Error> {
        let label = |name: &N| Ok(classes.class(name.as_ref())?.index());
        Self::new(features, classes, names.iter().map(label).collect::<Result<_, Error>>()?)
    }

    /// The same examples with these weights in the loss, for instance to balance classes.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] or [`Error::Weight`].
    pub fn with_weights(self, weights: Vec<f64>) -> Result<Self, Error> {
        if weights.len() != self.len() {
            return Err(Error::Length { what: "weights", expected: self.len(), got: weights.len() });
        }
        let usable = |weight: f64| weight > 0.0 && weight.is_finite();
        match weights.iter().enumerate().find(|(_, weight)| !usable(**weight)) {
            Some((row, &value)) => Err(Error::Weight { row, value }),
            None => Ok(Self { weights, ..self }),
        }
    }

    /// The number of rows.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "examples are never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The number of features of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The classes.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The class of each row, as a position in [`Examples::classes`].
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The scaled features of one row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.scaled[row * self.width..(row + 1) * self.width]
    }

    /// A training row with these numbers in place of its features.
    pub(crate) fn at<'a>(&self, row: usize, features: &'a [f64]) -> Row<'a> {
        Row { features, label: self.labels[row], weight: self.weights[row] }
    }

    /// Mean and deviation of the scaled features of these rows.
    pub(crate) fn standardisation_of(&self, rows: &[usize]) -> Standardisation {
        Standardisation::of(self.width, rows.iter().map(|&row| self.row(row)))
    }

    /// Refuses training rows that lack a class.
    pub(crate) fn require_every_class(&self, rows: &[usize], fold: Option<usize>) -> Result<(), Error> {
        let mut seen = vec![false; self.classes.len()];
        rows.iter().for_each(|&row| seen[self.labels[row]] = true);
        match self.classes.names().zip(seen).find(|(_, seen)| !seen) {
            Some((class, _)) => Err(Error::NoExample { class: class.to_owned(), fold }),
            None => Ok(()),
        }
    }
}

/// Refuses a matrix with an entry that is not finite.
pub(crate) fn finite(features: &ArrayView2<'_, f64>) -> Result<(), Error> {
    match features.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NotFinite { row, column, value }),
        None => Ok(()),
    }
}
