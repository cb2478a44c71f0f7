//! A trained probe.

use std::mem::take;

use ndarray::{Array2, ArrayView2};
use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Examples, Standardisation, Stopping,
    examples::finite,
    minimise::{Minimum, largest, length, minimise},
    objective::{Linear, Objective, log_sum_exp},
    span::Span,
};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data")]
pub struct Convergence {
    /// Whether the gradient is within the tolerance.
    pub converged: bool,
    /// Largest magnitude in the gradient of the mean loss.
    pub gradient_norm: f64,
    /// Number of iterations.
    pub iterations: usize,
    /// Mean cross-entropy of the training rows plus the penalty.
    pub objective: f64,
}

/// A multinomial logistic regression on standardised features.
///
/// The serialised form is checked when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Probe {
    classes: Classes,
    standardisation: Standardisation,
    coefficients: Array2<f64>,
    intercepts: Vec<f64>,
    c: f64,
    convergence: Convergence,
}

impl Probe {
    /// The probe for all examples with the inverse penalty `c`, scikit-learn's `C`. Standardisation is fitted on the
    /// same examples.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a setting is out of its range, [`Error::NoExample`] if a class has no row.
    pub fn fit(examples: &Examples, c: f64, stopping: &Stopping) -> Result<Self, Error> {
        check(c, stopping)?;
        let rows: Vec<usize> = (0..examples.len()).collect();
        examples.require_every_class(&rows, None)?;
        let own = examples.standardisation_of(&rows);
        Ok(Self::of_rows(examples, &rows, &own, c, stopping, None))
    }

    /// The probe for these rows, on which `own` was fitted. Training starts from the parameters of `near`, a probe for
    /// the same rows.
    pub(crate) fn of_rows(
        examples: &Examples,
        rows: &[usize],
        own: &Standardisation,
        c: f64,
        stopping: &Stopping,
        near: Option<&Self>,
    ) -> Self {
        let objective = Objective::new(examples, rows, own, c);
        let start = near.map_or_else(
            || vec![0.0; objective.len()],
            |near| near.coefficients.iter().chain(&near.intercepts).copied().collect(),
        );
        let end = minimise(|at, gradient| objective.evaluate(at, gradient), start, stopping, largest, None);
        Self::at(examples, own, c, stopping, end)
    }

    /// As [`Probe::of_rows`], computed in the span of the rows. Training starts from the point `at` of the span, if it is not
    /// empty, and leaves its end there.
    pub(crate) fn in_span(
        examples: &Examples,
        rows: &[usize],
        own: &Standardisation,
        span: &Span<'_>,
        c: f64,
        stopping: &Stopping,
        at: &mut Vec<f64>,
    ) -> Self {
        let (classes, axes) = (examples.classes.len(), span.axes());
        let objective = Objective::of_standardised(span.points(), classes, axes, c);
        at.resize(objective.len(), 0.0);
        let curvature = span.curvature(objective.penalty());
        let value = |at: &[f64], gradient: &mut [f64]| objective.evaluate(at, gradient);
        // No entry of the gradient is larger than its length, which is the same in the span and in the features.
        let end = minimise(value, take(at), stopping, length, Some(&curvature));
        let (in_span, intercepts) = end.at.split_at(classes * axes);
        let mut parameters: Vec<f64> =
            in_span.chunks_exact(axes).flat_map(|of_class| span.coefficients(of_class)).collect();
        parameters.extend_from_slice(intercepts);
        let mut gradient = vec![0.0; parameters.len()];
        let value = Objective::new(examples, rows, own, c).evaluate(&parameters, &mut gradient);
        let iterations = end.iterations;
        *at = end.at;
        let end = Minimum { at: parameters, value, gradient_norm: largest(&gradient), iterations };
        Self::at(examples, own, c, stopping, end)
    }

    fn at(examples: &Examples, own: &Standardisation, c: f64, stopping: &Stopping, end: Minimum) -> Self {
        let (classes, width) = (examples.classes.len(), examples.width());
        let (coefficients, intercepts) = end.at.split_at(classes * width);
        // Equal amounts on all intercepts change no probability; their mean is 0 by convention.
        let mean = intercepts.iter().sum::<f64>() / classes as f64;
        Self {
            classes: examples.classes.clone(),
            standardisation: examples.scaling.then(own),
            coefficients: Array2::from_shape_fn((classes, width), |(class, column)| {
                coefficients[class * width + column]
            }),
            intercepts: intercepts.iter().map(|intercept| intercept - mean).collect(),
            c,
            convergence: Convergence {
                converged: end.gradient_norm <= stopping.tolerance,
                gradient_norm: end.gradient_norm,
                iterations: end.iterations,
                objective: end.value,
            },
        }
    }

    /// The probabilities `[N, K]` of the classes for features `[N, D]`. Every row sums to 1.
    ///
    /// # Errors
    ///
    /// [`Error::Width`] if D is not that of the training, [`Error::NotFinite`].
    pub fn probabilities(&self, features: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let width = self.standardisation.mean.len();
        if features.ncols() != width {
            return Err(Error::Width { what: "a row of features", expected: width, got: features.ncols() });
        }
        finite(&features)?;
        let ones = vec![1.0; width];
        let linear = Linear::new(&self.flat(), &self.intercepts, &vec![0.0; width], &ones);
        let mut probabilities = Array2::zeros((features.nrows(), self.classes.len()));
        let mut logits = vec![0.0; self.classes.len()];
        let mut scaled: Vec<f64> = features.into_iter().copied().collect();
        for (row, mut target) in scaled.chunks_exact_mut(width).zip(probabilities.outer_iter_mut()) {
            self.standardisation.apply(row);
            linear.logits(row, &mut logits);
            let normaliser = log_sum_exp(&logits);
            target.iter_mut().zip(&logits).for_each(|(p, logit)| *p = libm::exp(logit - normaliser));
        }
        Ok(probabilities)
    }

    /// The classes, in the order of rows of the coefficients and of columns of probabilities.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Coefficients `[K, D]` of the standardised features.
    #[must_use]
    pub fn coefficients(&self) -> ArrayView2<'_, f64> {
        self.coefficients.view()
    }

    /// One intercept a class, with mean 0.
    #[must_use]
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }

    /// Mean and deviation of each feature over the training rows.
    #[must_use]
    pub fn standardisation(&self) -> &Standardisation {
        &self.standardisation
    }

    /// Inverse penalty, scikit-learn's `C`.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.c
    }

    /// How the training ended.
    #[must_use]
    pub fn convergence(&self) -> &Convergence {
        &self.convergence
    }

    /// Coefficients, class after class.
    pub(crate) fn flat(&self) -> Vec<f64> {
        self.coefficients.iter().copied().collect()
    }
}

/// Refuses settings out of their range.
pub(crate) fn check(c: f64, stopping: &Stopping) -> Result<(), Error> {
    let positive = |name, value: f64| match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::Setting { name, value, range: "a finite number above 0" }),
    };
    positive("the inverse penalty C", c)?;
    positive("the tolerance", stopping.tolerance)?;
    positive("the number of iterations", stopping.iterations as f64)
}

/// Serialised form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    classes: Classes,
    c: f64,
    convergence: Convergence,
    intercepts: Vec<f64>,
    coefficients: Vec<Vec<f64>>,
    standardisation: Standardisation,
}

impl TryFrom<Written> for Probe {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        let Written { classes, c, convergence, intercepts, coefficients, standardisation } = written;
        let width = standardisation.mean.len();
        let same = |what, expected, got| match expected == got {
            true => Ok(()),
            false => Err(Error::Width { what, expected, got }),
        };
        if width == 0 {
            return Err(Error::Empty { rows: classes.len(), columns: 0 });
        }
        same("the list of deviations", width, standardisation.deviation.len())?;
        same("the list of intercepts", classes.len(), intercepts.len())?;
        same("the matrix of coefficients", classes.len(), coefficients.len())?;
        for row in &coefficients {
            same("a row of coefficients", width, row.len())?;
        }
        let coefficients =
            Array2::from_shape_fn((classes.len(), width), |(class, column)| coefficients[class][column]);
        Ok(Self { classes, standardisation, coefficients, intercepts, c, convergence })
    }
}

impl From<Probe> for Written {
    fn from(probe: Probe) -> Self {
        Self {
            classes: probe.classes,
            c: probe.c,
            convergence: probe.convergence,
            intercepts: probe.intercepts,
            coefficients: probe.coefficients.outer_iter().map(|row| row.to_vec()).collect(),
            standardisation: probe.standardisation,
        }
    }
}
