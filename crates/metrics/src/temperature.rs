//! Temperature scaling: one number, fitted on validation data, that makes probabilities more or less extreme. It keeps the order of
//! the classes within a sample, but with three or more classes not the order of the samples.

use serde::{Deserialize, Serialize};

use crate::{Predictions, Undefined, calibration::LOG_LOSS_FLOOR};

/// Highest temperature of the search; its inverse is the lowest.
const LIMIT: f64 = 1_000.0;

/// A temperature T: probabilities become p^(1/T), rescaled to sum to 1, which is softmax of logits / T.
///
/// Fit it on one set (validation) and apply it to another (test). Fitting and testing on the same set proves nothing.
/// See Guo et al. 2017, *On Calibration of Modern Neural Networks*.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Temperature {
    /// T; above 1 if the model was overconfident.
    pub value: f64,
    /// Number of samples that it was fitted on.
    pub fitted_on: usize,
}

impl Temperature {
    /// The temperature that minimises the log loss of `validation`.
    ///
    /// Probabilities of 0 count as [`LOG_LOSS_FLOOR`].
    ///
    /// # Errors
    ///
    /// Undefined if the loss has no minimum between 1/1000 and 1000: either all samples are right (a lower temperature
    /// is always better), or the true classes have on average no larger log probability than the mean of all
    /// classes (a higher temperature is always better).
    pub fn fit(validation: &Predictions) -> Result<Self, Undefined> {
        let logits: Vec<Vec<f64>> = validation
            .probabilities()
            .values()
            .outer_iter()
            .map(|row| row.iter().map(|p| p.max(LOG_LOSS_FLOOR).ln()).collect())
            .collect();
        // In β = 1/T the loss is convex, so its slope rises and has at most one zero.
        let weight = |sample: usize| validation.weights().map_or(1.0, |weights| weights[sample]);
        let slope = |beta: f64| -> f64 {
            let of = |(sample, (row, &truth)): (usize, (&Vec<f64>, &u32))| {
                weight(sample) * slope(row, truth, beta)
            };
            logits.iter().zip(validation.truth_positions()).enumerate().map(of).sum()
        };
        let (mut low, mut high) = (LIMIT.recip(), LIMIT);
        if logits.is_empty() || slope(low) >= 0.0 || slope(high) <= 0.0 {
            return Err(Undefined::NoFiniteTemperature);
        }
        // Bisection of ln β; 80 halvings are below the spacing of f64.
        for _ in 0..80 {
            let middle = (low * high).sqrt();
            if slope(middle) < 0.0 { low = middle } else { high = middle }
        }
        Ok(Self { value: (low * high).sqrt().recip(), fitted_on: logits.len() })
    }

    /// The predictions with rescaled probabilities; the predicted class of a sample does not change.
    ///
    /// Probabilities below [`LOG_LOSS_FLOOR`] are raised to it, as in [`fit`](Self::fit). Otherwise a probability of 0
    /// would stay 0 at any temperature, and its loss would not be the one that was minimised.
    #[must_use]
    pub fn apply(&self, test: &Predictions) -> Predictions {
        test.with_probabilities(test.probabilities().map_rows(|row, target| self.of_row(row, target)))
    }

    /// Rescales the probabilities of one sample, `row`, into `target`, which is as long as `row`.
    pub fn of_row(&self, row: &[f64], target: &mut [f64]) {
        let largest = row.iter().fold(LOG_LOSS_FLOOR, |a, &b| a.max(b));
        for (value, p) in target.iter_mut().zip(row) {
            *value = (p.max(LOG_LOSS_FLOOR) / largest).powf(self.value.recip());
        }
        let sum: f64 = target.iter().sum();
        target.iter_mut().for_each(|value| *value /= sum);
    }
}

/// d loss / dβ of one sample: the expected logit minus that of the true class.
fn slope(logits: &[f64], truth: u32, beta: f64) -> f64 {
    let largest = logits.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let (mut sum, mut expected) = (0.0, 0.0);
    for logit in logits {
        let weight = ((logit - largest) * beta).exp();
        sum += weight;
        expected += weight * logit;
    }
    expected / sum - logits[truth as usize]
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use radiograph_classes::Classes;

    use super::*;
    use crate::{Probabilities, log_loss};

    #[test]
    fn a_set_without_errors_has_no_temperature() {
        let classes = Classes::new(["a", "b"]).unwrap();
        let columns = Probabilities::new(&classes, array![[0.9, 0.1], [0.2, 0.8]]).unwrap();
        let right = Predictions::new(&classes, &["a", "b"], &columns).unwrap();
        assert_eq!(Temperature::fit(&right), Err(Undefined::NoFiniteTemperature));
        let wrong = Predictions::new(&classes, &["b", "a"], &columns).unwrap();
        assert_eq!(Temperature::fit(&wrong), Err(Undefined::NoFiniteTemperature));
    }

    #[test]
    fn the_loss_of_applied_probabilities_is_the_fitted_minimum() {
        // Sure rows with exact zeros, one of them wrong: what is minimised is f(β) = 2 ln(1 + ε^β) + ln(1 + ε^−β), the
        // odds being 1 to ε. Its minimum: the wrong one of three has a third, f = 3 ln 3 − 2 ln 2.
        let classes = Classes::new(["a", "b"]).unwrap();
        let columns = Probabilities::new(&classes, array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]).unwrap();
        let set = Predictions::new(&classes, &["a", "b", "b"], &columns).unwrap();
        let temperature = Temperature::fit(&set).unwrap();
        let minimum = 3.0_f64.ln() - 2.0 * 2.0_f64.ln() / 3.0;
        let applied = temperature.apply(&set);
        assert!((log_loss(&applied).unwrap() - minimum).abs() < 1e-9, "{:?}", log_loss(&applied));
        for factor in [0.9, 1.1] {
            let other = Temperature { value: factor * temperature.value, ..temperature };
            assert!(log_loss(&other.apply(&set)).unwrap() > minimum);
        }
    }

    #[test]
    fn two_classes_have_a_closed_form() {
        // Three of four right at the same odds 9:1; the best odds are 3:1, so 9^(1/T) = 3 and T = 2.
        let classes = Classes::new(["a", "b"]).unwrap();
        let columns =
            Probabilities::new(&classes, array![[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]).unwrap();
        let set = Predictions::new(&classes, &["a", "a", "a", "b"], &columns).unwrap();
        let temperature = Temperature::fit(&set).unwrap();
        assert!((temperature.value - 2.0).abs() < 1e-12);
        let cooled = temperature.apply(&set);
        assert!((cooled.probabilities().values()[[0, 0]] - 0.75).abs() < 1e-12);
        assert!(log_loss(&cooled).unwrap() < log_loss(&set).unwrap());
    }
}
