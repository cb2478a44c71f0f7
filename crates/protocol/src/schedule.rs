//! Learning-rate schedules. The rate is a function of the losses so far, so a resumed run has nothing to restore.
//!
//! A plateau follows validation losses. A refit has none, so it replays the rates of a fold: [`Schedule::Listed`].

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// A learning-rate schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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
    /// The rate is multiplied by `factor` after every `patience` epochs in which the validation loss did not fall below
    /// its minimum. It needs validation samples.
    Plateau {
        /// First rate.
        rate: f64,
        /// Factor after `patience` epochs without gain.
        factor: f64,
        /// Number of epochs without gain before the rate falls.
        patience: usize,
    },
    /// A rate for each epoch. The last one holds for all later epochs.
    Listed {
        /// Rates of epoch 1, 2, …, at least one.
        rates: Vec<f64>,
    },
}

impl Schedule {
    /// The rate of the next epoch, given the validation losses of the previous epochs. Schedules that do not follow losses
    /// use only their number.
    pub fn rate(&self, losses: &[f64]) -> f64 {
        match *self {
            Self::Constant { rate } => rate,
            Self::Exponential { rate, factor } => rate * factor.powf(losses.len() as f64),
            // `check` refuses an empty list; a rate of zero moves nothing.
            Self::Listed { ref rates } => rates.get(losses.len()).or(rates.last()).copied().unwrap_or(0.0),
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

    /// Whether the rates depend on validation losses, and not on the number of the epoch alone.
    pub const fn follows_losses(&self) -> bool {
        matches!(self, Self::Plateau { .. })
    }

    /// Refuses rates and factors out of their range.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names the first such setting.
    pub fn check(&self) -> Result<(), ProtocolError> {
        let rates = match self {
            Self::Constant { rate } | Self::Exponential { rate, .. } | Self::Plateau { rate, .. } => {
                std::slice::from_ref(rate)
            }
            Self::Listed { rates } => rates,
        };
        if rates.is_empty() {
            return Err(ProtocolError::setting("the number of listed rates", 0, "write at least 1"));
        }
        if let Some(rate) = rates.iter().find(|rate| !(**rate > 0.0 && rate.is_finite())) {
            return Err(ProtocolError::setting("the learning rate", rate, "write a finite number above 0"));
        }
        if let Self::Exponential { factor, .. } | Self::Plateau { factor, .. } = *self
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
    fn a_list_holds_its_last_rate() {
        let schedule = Schedule::Listed { rates: vec![1e-3, 1e-4] };
        let rates = [0, 1, 2, 9].map(|epochs| schedule.rate(&vec![1.0; epochs]));
        assert_eq!(rates, [1e-3, 1e-4, 1e-4, 1e-4]);
        for wrong in [vec![], vec![1e-3, 0.0], vec![f64::NAN]] {
            assert!(Schedule::Listed { rates: wrong }.check().is_err());
        }
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
