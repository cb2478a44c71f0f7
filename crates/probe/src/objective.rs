//! The function that training minimises, and its gradient.

use rayon::prelude::*;

use crate::{Examples, Standardisation, examples::Row};

/// Largest number of partial sums. It does not depend on the number of threads, so the rounding does not either.
const MOST_PARTS: usize = 64;
/// Smallest number of rows of a partial sum.
const FEWEST_ROWS: usize = 32;

/// Mean weighted cross-entropy of some rows plus `|coefficients|² / (2 C W)`, where W is the sum of the weights. This is
/// scikit-learn's objective `C Σ loss + |coefficients|² / 2`, divided by C W.
///
/// Parameters are the coefficients of the standardised features, class after class, followed by one intercept a class.
/// Intercepts are not penalised.
pub(crate) struct Objective<'a> {
    rows: Vec<Row<'a>>,
    classes: usize,
    centre: Vec<f64>,
    factors: Vec<f64>,
    total: f64,
    penalty: f64,
}

/// Sums over the rows of one part.
struct Part {
    loss: f64,
    slopes: Vec<f64>,
    residuals: Vec<f64>,
}

impl<'a> Objective<'a> {
    /// The objective of these rows. `standardisation` was fitted on them.
    pub(crate) fn new(
        examples: &'a Examples,
        rows: &[usize],
        standardisation: &Standardisation,
        c: f64,
    ) -> Self {
        let rows = rows.iter().map(|&row| examples.at(row, examples.row(row))).collect();
        Self::of(rows, examples.classes.len(), standardisation.mean.clone(), standardisation.factors(), c)
    }

    /// The objective of rows that are standardised already and have at most `width` features.
    pub(crate) fn of_standardised(rows: Vec<Row<'a>>, classes: usize, width: usize, c: f64) -> Self {
        Self::of(rows, classes, vec![0.0; width], vec![1.0; width], c)
    }

    fn of(rows: Vec<Row<'a>>, classes: usize, centre: Vec<f64>, factors: Vec<f64>, c: f64) -> Self {
        let total: f64 = rows.iter().map(|row| row.weight).sum();
        Self { rows, classes, centre, factors, total, penalty: 1.0 / (c * total) }
    }

    /// The number of parameters.
    pub(crate) fn len(&self) -> usize {
        self.classes * (self.centre.len() + 1)
    }

    /// The second derivative of the penalty.
    pub(crate) fn penalty(&self) -> f64 {
        self.penalty
    }

    /// The value at `parameters`; the gradient is written into `gradient`.
    pub(crate) fn evaluate(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let (classes, width) = (self.classes, self.centre.len());
        let (coefficients, intercepts) = parameters.split_at(classes * width);
        let linear = Linear::new(coefficients, intercepts, &self.centre, &self.factors);
        let size = self.rows.len().div_ceil(MOST_PARTS).max(FEWEST_ROWS);
        let parts: Vec<Part> = self.rows.par_chunks(size).map(|rows| self.part(&linear, rows)).collect();
        gradient.fill(0.0);
        let (slopes, residuals) = gradient.split_at_mut(classes * width);
        let mut loss = 0.0;
        for part in &parts {
            loss += part.loss;
            add(residuals, 1.0, &part.residuals);
            add(slopes, 1.0, &part.slopes);
        }
        let mut squares = 0.0;
        for (class, slopes) in slopes.chunks_exact_mut(width).enumerate() {
            for (column, slope) in slopes.iter_mut().enumerate() {
                let coefficient = coefficients[class * width + column];
                let data = self.factors[column] * (*slope - self.centre[column] * residuals[class]);
                *slope = data / self.total + self.penalty * coefficient;
                squares += coefficient * coefficient;
            }
        }
        residuals.iter_mut().for_each(|residual| *residual /= self.total);
        loss / self.total + 0.5 * self.penalty * squares
    }

    fn part(&self, linear: &Linear, rows: &[Row<'_>]) -> Part {
        let (classes, width) = (self.classes, self.centre.len());
        let mut part = Part { loss: 0.0, slopes: vec![0.0; classes * width], residuals: vec![0.0; classes] };
        let mut logits = vec![0.0; classes];
        for &Row { features, label, weight } in rows {
            linear.logits(features, &mut logits);
            let normaliser = log_sum_exp(&logits);
            part.loss += weight * (normaliser - logits[label]);
            for (class, &logit) in logits.iter().enumerate() {
                let truth = if class == label { 1.0 } else { 0.0 };
                let residual = weight * (libm::exp(logit - normaliser) - truth);
                part.residuals[class] += residual;
                add(&mut part.slopes[class * width..(class + 1) * width], residual, features);
            }
        }
        part
    }
}

/// A linear function of raw features for each class.
pub(crate) struct Linear {
    width: usize,
    slopes: Vec<f64>,
    offsets: Vec<f64>,
}

impl Linear {
    /// Unites coefficients of standardised features with the standardisation.
    pub(crate) fn new(coefficients: &[f64], intercepts: &[f64], centre: &[f64], factors: &[f64]) -> Self {
        let width = centre.len();
        let mut slopes = Vec::with_capacity(coefficients.len());
        let mut offsets = Vec::with_capacity(intercepts.len());
        for (coefficients, intercept) in coefficients.chunks_exact(width).zip(intercepts) {
            let start = slopes.len();
            slopes.extend(coefficients.iter().zip(factors).map(|(coefficient, factor)| coefficient * factor));
            offsets.push(intercept - dot(&slopes[start..], centre));
        }
        Self { width, slopes, offsets }
    }

    /// Logits of one row.
    pub(crate) fn logits(&self, features: &[f64], logits: &mut [f64]) {
        let slopes = self.slopes.chunks_exact(self.width);
        for ((logit, slopes), offset) in logits.iter_mut().zip(slopes).zip(&self.offsets) {
            *logit = offset + dot(&slopes[..features.len()], features);
        }
    }
}

/// log Σ exp(logit), without overflow.
pub(crate) fn log_sum_exp(logits: &[f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + libm::log(logits.iter().map(|logit| libm::exp(logit - largest)).sum())
}

/// The scalar product in eight running sums, which the compiler keeps in vector registers.
pub(crate) fn dot(first: &[f64], second: &[f64]) -> f64 {
    let ((first, first_rest), (second, second_rest)) = (first.as_chunks::<8>(), second.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (first, second) in first.iter().zip(second) {
        for ((sum, first), second) in sums.iter_mut().zip(first).zip(second) {
            *sum += first * second;
        }
    }
    let rest: f64 = first_rest.iter().zip(second_rest).map(|(first, second)| first * second).sum();
    total(&sums) + rest
}

/// Not inlined: the order of this sum would otherwise decide how the running sums lie in registers, and each step of the
/// loop would rearrange them.
#[inline(never)]
fn total(sums: &[f64; 8]) -> f64 {
    sums.iter().sum()
}

/// `target += factor * other`.
pub(crate) fn add(target: &mut [f64], factor: f64, other: &[f64]) {
    target.iter_mut().zip(other).for_each(|(target, other)| *target += factor * other);
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use radiograph_classes::Classes;
    use radiograph_random::Stream;

    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let mut stream = Stream::new(3, "gradient");
        let features = Array2::from_shape_fn((90, 11), |_| 3.0 + stream.normal());
        let classes = Classes::new(["a", "b", "c"]).unwrap();
        let labels = (0..90).map(|row| row % 3).collect();
        let weights = (0..90).map(|row| 0.5 + (row % 4) as f64).collect();
        let examples =
            Examples::new(features.view(), &classes, labels).unwrap().with_weights(weights).unwrap();
        let rows: Vec<usize> = (0..70).collect();
        let standardisation = examples.standardisation_of(&rows);
        let objective = Objective::new(&examples, &rows, &standardisation, 0.3);
        let at: Vec<f64> = (0..objective.len()).map(|_| stream.normal()).collect();
        let (mut gradient, mut unused) = (vec![0.0; at.len()], vec![0.0; at.len()]);
        objective.evaluate(&at, &mut gradient);
        for parameter in 0..at.len() {
            let mut moved = |by: f64| {
                let mut there = at.clone();
                there[parameter] += by;
                objective.evaluate(&there, &mut unused)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!(
                (slope - gradient[parameter]).abs() < 1e-8,
                "{parameter}: {slope} {}",
                gradient[parameter]
            );
        }
    }

    #[test]
    fn enormous_logits_do_not_overflow() {
        assert_eq!(log_sum_exp(&[1e300, 0.0]), 1e300);
        assert!((log_sum_exp(&[-800.0, -800.0]) + 800.0 - 2.0_f64.ln()).abs() < 1e-12);
        let (first, second): (Vec<f64>, Vec<f64>) = (0..19).map(|n| (f64::from(n), 2.0)).unzip();
        assert_eq!(dot(&first, &second), 342.0);
    }
}
