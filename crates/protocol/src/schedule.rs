//! Learning-rate schedules. The rate is a function of the losses so far, so a resumed run has nothing to restore.

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// A learning-rate schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same rate in all epochs.
    Constant {
        /// Rate.
        rate: f64,
    },
    /// `rate · factor^epoch`, epochs counted from 0.
    Exponential {
        /// First rate.
        rate: f64,
        /// Factor of each epoch.
        factor: f64,
    },
    /// The rate is multiplied by `factor` after every `patience` epochs in which the validation loss (without
    /// validation: the training loss) did not fall below its minimum.
    Plateau {
        /// First rate.
        rate: f64,
        /// Factor after `patience` epochs without gain.
        factor: f64,
        /// Number of epochs without gain before the rate falls.
        patience: usize,
    },
}

impl Schedule {
    /// The rate of the next epoch, given the losses of the previous epochs.
    pub fn rate(self, losses: &[f64]) -> f64 {
        match self {
            Self::Constant { rate } => rate,
            Self::Exponential { rate, factor } => rate * factor.powf(losses.len() as f64),
            Self::Plateau { rate, factor, patience } => {
                let (mut least, mut waited, mut reduced) = (f64::INFINITY, 0, rate);
                for &loss in losses {
                    if loss < least {
                        (least, waited) = (loss, 0);
                    } else {
                        waited += 1;
                    }
                    if waited >= patience {
                        reduced *= factor;
                        waited = 0;
                    }
                }
                reduced
            }
        }
    }

    /// Refuses rates and factors out of their range.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names the first such setting.
    pub fn check(self) -> Result<(), ProtocolError> {
        let (Self::Constant { rate } | Self::Exponential { rate, .. } | Self::Plateau { rate, .. }) = self;
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(ProtocolError::setting("the learning rate", rate, "write a finite number above 0"));
        }
        if let Self::Exponential { factor, .. } | Self::Plateau { factor, .. } = self
            && !(factor > 0.0 && factor <= 1.0)
        {
            return Err(ProtocolError::setting(
                "the factor of the learning rate",
                factor,
                "write a number above 0, at most 1",
            ));
        }
        if let Self::Plateau { patience: 0, .. } = self {
            return Err(ProtocolError::setting(
                "the patience of the learning rate",
                0,
                "write at least 1 epoch",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_released_code_ends_at_its_rate() {
        let schedule = Schedule::Exponential { rate: 2e-4, factor: 0.95 };
        assert_eq!(schedule.rate(&[]), 2e-4);
        // 2e-4 · 0.95^19 = 7.547e-5
        assert!((schedule.rate(&[1.0; 19]) - 7.547e-5).abs() < 1e-8);
    }

    #[test]
    fn a_plateau_halves_after_its_patience_and_counts_anew() {
        let schedule = Schedule::Plateau { rate: 1.0, factor: 0.5, patience: 2 };
        let losses = [3.0, 2.0, 2.0, 2.5, 2.1, 1.0, 1.0, 0.9];
        let rates: Vec<f64> = (0..=losses.len()).map(|epoch| schedule.rate(&losses[..epoch])).collect();
        assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5]);
        assert_eq!(schedule.rate(&[1.0, 1.0, 1.0, 1.0, 1.0]), 0.25);
    }
}
