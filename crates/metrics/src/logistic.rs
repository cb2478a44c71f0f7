//! Logistic regression with a covariance of the coefficients that counts patients.

use crate::{Clusters, Undefined};

/// Most steps of Newton's method; convex and finite problems take about ten.
const MOST_STEPS: usize = 200;

/// Coefficients of a logistic regression and their covariance.
pub(crate) struct Logistic<const P: usize> {
    pub(crate) coefficients: [f64; P],
    /// Undefined with fewer than two patients.
    pub(crate) covariance: Result<[[f64; P]; P], Undefined>,
}

/// One sample: its regressors, a term with the fixed coefficient 1, and its outcome.
pub(crate) struct Observation<const P: usize> {
    pub(crate) regressors: [f64; P],
    pub(crate) offset: f64,
    pub(crate) positive: bool,
}

impl<const P: usize> Logistic<P> {
    /// Maximises the likelihood of the samples, whose patients are `clusters`.
    ///
    /// The covariance is the sandwich estimator of Liang and Zeger 1986, *Longitudinal data analysis using generalized linear
    /// models*, with the factor G/(G − 1) · (N − 1)/(N − P) for G patients and N samples that Stata and statsmodels use.
    ///
    /// # Errors
    ///
    /// [`Undefined::NoFiniteSlope`] if the likelihood has no maximum at finite coefficients.
    pub(crate) fn fit(samples: &[Observation<P>], clusters: &Clusters) -> Result<Self, Undefined> {
        let mut at = [0.0; P];
        let mut state = State::at(samples, &at);
        for _ in 0..MOST_STEPS {
            let step = product(&inverse(state.information).ok_or(Undefined::NoFiniteSlope)?, &state.gradient);
            // Halves a step that overshoots; the likelihood is concave, so some part of the step improves it.
            let mut part = 1.0;
            loop {
                let next: [f64; P] = std::array::from_fn(|k| at[k] + part * step[k]);
                let moved = State::at(samples, &next);
                if moved.log_likelihood >= state.log_likelihood - 1e-12 * state.log_likelihood.abs() {
                    (at, state) = (next, moved);
                    break;
                }
                part /= 2.0;
                if part < 1e-9 {
                    return Err(Undefined::NoFiniteSlope);
                }
            }
            let size = |of: &[f64; P]| of.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            // Steps shrink quadratically, so the one just made has reached the last digits.
            if size(&step) <= 1e-8 * (1.0 + size(&at)) {
                let inverse = inverse(state.information).ok_or(Undefined::NoFiniteSlope)?;
                let covariance = covariance(samples, clusters, &at, &inverse);
                return Ok(Self { coefficients: at, covariance });
            }
        }
        Err(Undefined::NoFiniteSlope)
    }
}

/// Log-likelihood with its derivatives.
struct State<const P: usize> {
    log_likelihood: f64,
    gradient: [f64; P],
    information: [[f64; P]; P],
}

impl<const P: usize> State<P> {
    fn at(samples: &[Observation<P>], coefficients: &[f64; P]) -> Self {
        let mut state = Self { log_likelihood: 0.0, gradient: [0.0; P], information: [[0.0; P]; P] };
        for sample in samples {
            let logit = sample.logit(coefficients);
            let signed = if sample.positive { logit } else { -logit };
            // ln σ(signed), without overflow.
            state.log_likelihood += signed.min(0.0) - (-signed.abs()).exp().ln_1p();
            let (residual, weight) = (sample.residual(logit), sigmoid(logit) * sigmoid(-logit));
            for (j, &left) in sample.regressors.iter().enumerate() {
                state.gradient[j] += residual * left;
                for (k, &right) in sample.regressors.iter().enumerate() {
                    state.information[j][k] += weight * left * right;
                }
            }
        }
        state
    }
}

impl<const P: usize> Observation<P> {
    fn logit(&self, coefficients: &[f64; P]) -> f64 {
        self.offset + self.regressors.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>()
    }

    /// Outcome minus its probability.
    fn residual(&self, logit: f64) -> f64 {
        if self.positive { sigmoid(-logit) } else { -sigmoid(logit) }
    }
}

fn covariance<const P: usize>(
    samples: &[Observation<P>],
    clusters: &Clusters,
    at: &[f64; P],
    inverse: &[[f64; P]; P],
) -> Result<[[f64; P]; P], Undefined> {
    if clusters.len() < 2 || samples.len() <= P {
        return Err(Undefined::TooFewPatients);
    }
    let mut between = [[0.0; P]; P];
    for patient in 0..clusters.len() {
        let mut sum = [0.0; P];
        for sample in clusters.members(patient).map(|sample| &samples[sample]) {
            let residual = sample.residual(sample.logit(at));
            sum.iter_mut().zip(&sample.regressors).for_each(|(sum, x)| *sum += residual * x);
        }
        for (row, left) in between.iter_mut().zip(&sum) {
            row.iter_mut().zip(&sum).for_each(|(cell, right)| *cell += left * right);
        }
    }
    let (patients, number) = (clusters.len() as f64, samples.len() as f64);
    let factor = patients / (patients - 1.0) * (number - 1.0) / (number - P as f64);
    let half: [[f64; P]; P] = std::array::from_fn(|j| product(&between, &inverse[j]));
    Ok(std::array::from_fn(|j| product(inverse, &half[j]).map(|value| factor * value)))
}

/// 1 / (1 + e^−x).
fn sigmoid(x: f64) -> f64 {
    (1.0 + (-x).exp()).recip()
}

fn product<const P: usize>(matrix: &[[f64; P]; P], vector: &[f64; P]) -> [f64; P] {
    std::array::from_fn(|j| matrix[j].iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// The inverse of a symmetric positive definite matrix by Gauss and Jordan; `None` if it is singular.
fn inverse<const P: usize>(mut matrix: [[f64; P]; P]) -> Option<[[f64; P]; P]> {
    let mut inverse: [[f64; P]; P] =
        std::array::from_fn(|j| std::array::from_fn(|k| if j == k { 1.0 } else { 0.0 }));
    let diagonal: [f64; P] = std::array::from_fn(|j| matrix[j][j]);
    for pivot in 0..P {
        let scale = matrix[pivot][pivot];
        // NaN is no pivot either.
        if scale.is_nan() || scale <= 1e-14 * diagonal[pivot] {
            return None;
        }
        for k in 0..P {
            matrix[pivot][k] /= scale;
            inverse[pivot][k] /= scale;
        }
        for row in (0..P).filter(|&row| row != pivot) {
            let factor = matrix[row][pivot];
            for k in 0..P {
                matrix[row][k] -= factor * matrix[pivot][k];
                inverse[row][k] -= factor * inverse[pivot][k];
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_alone_has_the_log_odds_as_intercept() {
        let sample = |positive| Observation { regressors: [1.0], offset: 0.0, positive };
        let samples: Vec<_> = (0..8).map(|i| sample(i < 2)).collect();
        let fit = Logistic::fit(&samples, &Clusters::each_alone(8)).unwrap();
        assert!((fit.coefficients[0] - (2.0_f64 / 6.0).ln()).abs() < 1e-14);
        // Robust variance of a share's log-odds: 1 / (n p (1 − p)), times n / (n − 1).
        let expected = 8.0 / 7.0 / (8.0 * 0.25 * 0.75);
        assert!((fit.covariance.unwrap()[0][0] / expected - 1.0).abs() < 1e-12);
        let one = Logistic::fit(&samples, &Clusters::by_name(&["p"; 8])).unwrap();
        assert_eq!(one.covariance, Err(Undefined::TooFewPatients));
    }

    #[test]
    fn outcomes_that_are_separated_have_no_slope() {
        let of = |outcomes: [bool; 4]| -> Result<Logistic<2>, Undefined> {
            let sample = |(x, positive)| Observation { regressors: [1.0, x], offset: 0.0, positive };
            let samples: Vec<_> = [0.0, 1.0, 2.0, 3.0].into_iter().zip(outcomes).map(sample).collect();
            Logistic::fit(&samples, &Clusters::each_alone(4))
        };
        assert_eq!(of([false, false, true, true]).err(), Some(Undefined::NoFiniteSlope));
        assert!(of([false, true, false, true]).is_ok());
    }

    #[test]
    fn a_singular_matrix_has_no_inverse() {
        assert_eq!(inverse([[1.0, 2.0], [2.0, 4.0]]), None);
        assert_eq!(inverse([[2.0, 0.0], [0.0, 4.0]]), Some([[0.5, 0.0], [0.0, 0.25]]));
    }
}
