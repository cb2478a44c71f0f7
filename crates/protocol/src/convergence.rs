//! Whether a training went on until nothing more was gained.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{History, TrainingConfig};

/// Smallest number of epochs from which a trend can be told.
const FEWEST_EPOCHS: usize = 6;
/// Largest fall of the loss per epoch, as a share of the loss, that counts as flat.
const FLAT: f64 = 0.002;

/// How a training ended. Only a model that has converged can lose a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Convergence {
    /// Nothing more was gained: early stopping ended the training, its loss was flat at the end, or the gradient vanished.
    Converged,
    /// The best epoch is the last one allowed.
    BestEpochIsLast {
        /// The epoch.
        epoch: usize,
    },
    /// The loss still fell over the last epochs allowed.
    StillFalling {
        /// Mean fall per epoch, as a share of the loss.
        share_per_epoch: f64,
    },
    /// So few epochs were allowed that no trend can be told.
    TooFewEpochs {
        /// Number of epochs.
        epochs: usize,
    },
    /// A minimisation ended before its gradient vanished.
    GradientLeft {
        /// Largest magnitude in the gradient.
        gradient_norm: f64,
    },
}

impl Convergence {
    /// The end of an epoch-wise training with these settings. It judges by the validation loss, or by the training loss
    /// if nothing was validated.
    pub fn of(history: &History, training: &TrainingConfig) -> Self {
        let losses = history.watched();
        let epochs = losses.len();
        if training.stops_early(history) {
            return Self::Converged; // stopped early
        }
        if epochs < FEWEST_EPOCHS {
            return Self::TooFewEpochs { epochs };
        }
        if history.best_epoch() == Some(epochs) {
            return Self::BestEpochIsLast { epoch: epochs };
        }
        let window = (epochs / 4).clamp(3, 10);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let before = mean(&losses[epochs - 2 * window..epochs - window]);
        let share_per_epoch = (before - mean(&losses[epochs - window..])) / before / window as f64;
        if share_per_epoch > FLAT { Self::StillFalling { share_per_epoch } } else { Self::Converged }
    }

    /// Whether nothing more was gained.
    pub fn is_converged(self) -> bool {
        self == Self::Converged
    }
}

/// The reason, as the end of a sentence about a model.
impl fmt::Display for Convergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Converged => write!(formatter, "converged"),
            Self::BestEpochIsLast { epoch } => {
                write!(formatter, "its best epoch, {epoch}, is the last one allowed")
            }
            Self::StillFalling { share_per_epoch } => {
                let percent = 100.0 * share_per_epoch;
                write!(formatter, "its loss still fell by {percent:.1} % per epoch at the last one allowed")
            }
            Self::TooFewEpochs { epochs: 1 } => write!(formatter, "1 epoch is too few to tell"),
            Self::TooFewEpochs { epochs } => write!(formatter, "{epochs} epochs are too few to tell"),
            Self::GradientLeft { gradient_norm } => {
                write!(formatter, "its gradient is still {gradient_norm:.1e}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EpochRecord, Preset, Scores};

    /// The end of a training with these validation losses, of which `allowed` epochs were allowed.
    fn end(losses: &[f64], allowed: usize, patience: Option<usize>) -> Convergence {
        let record = |(index, &loss): (usize, &f64)| EpochRecord {
            epoch: index + 1,
            rate: 1e-4,
            training: Scores { loss: 0.1, accuracy: 0.9 },
            validation: Some(Scores { loss, accuracy: 0.5 }),
        };
        let history = History::try_from(losses.iter().enumerate().map(record).collect::<Vec<_>>()).unwrap();
        let training = TrainingConfig { epochs: allowed, patience, ..Preset::Paper.training(7) };
        Convergence::of(&history, &training)
    }

    /// A loss that falls towards `floor` with this time constant, in epochs.
    fn falling(epochs: usize, constant: f64, floor: f64) -> Vec<f64> {
        (1..=epochs).map(|epoch| floor + 0.6 * (-(epoch as f64) / constant).exp()).collect()
    }

    #[test]
    fn a_planted_short_training_is_marked() {
        assert_eq!(end(&falling(10, 20.0, 0.4), 10, Some(5)), Convergence::BestEpochIsLast { epoch: 10 });
        // A bump in the last epoch does not hide the trend.
        let mut bumped = falling(20, 20.0, 0.4);
        bumped[19] += 0.1;
        assert!(
            matches!(end(&bumped, 20, None), Convergence::StillFalling { share_per_epoch } if share_per_epoch > 0.01)
        );
        assert_eq!(end(&[0.9, 0.8, 0.85], 3, None), Convergence::TooFewEpochs { epochs: 3 });
    }

    #[test]
    fn a_converged_training_is_not_marked() {
        // Early stopping, also in the last epoch that is allowed.
        for allowed in [100, 5, 4] {
            assert_eq!(
                end(&[0.9, 0.5, 0.6, 0.7], allowed, Some(2)),
                Convergence::Converged,
                "{allowed} epochs"
            );
        }
        // Overfitting from epoch 12 on.
        let rising: Vec<f64> =
            (1..=40).map(|epoch: i32| 0.4 + 0.001 * f64::from((epoch - 12).pow(2))).collect();
        assert_eq!(end(&rising, 40, None), Convergence::Converged);
        // Flat with noise.
        let flat: Vec<f64> = falling(60, 4.0, 0.4)
            .into_iter()
            .enumerate()
            .map(|(epoch, loss)| loss + 0.004 * f64::from(((epoch * 7) % 11) as u32) / 11.0)
            .collect();
        assert_eq!(end(&flat, 60, None), Convergence::Converged);
    }

    #[test]
    fn reasons_are_written_and_read() {
        let end = Convergence::StillFalling { share_per_epoch: 0.0123 };
        assert_eq!(end.to_string(), "its loss still fell by 1.2 % per epoch at the last one allowed");
        let text = serde_json::to_string(&end).unwrap();
        assert_eq!(text, r#"{"still-falling":{"share_per_epoch":0.0123}}"#);
        assert_eq!(serde_json::from_str::<Convergence>(&text).unwrap(), end);
    }
}
