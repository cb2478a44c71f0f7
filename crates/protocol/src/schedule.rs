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
    /// The rate is multiplied by `factor` after `patience` consecutive epochs without a new minimum of the validation loss.
    /// Then the count starts again. It needs validation samples.
    Plateau {
        /// First rate.
        rate: f64,
        /// Factor after `patience` epochs without gain.
        factor: f64,
        /// Number of epochs without gain before the rate falls.
        patience: usize,
    },
    /// Half a cosine from `rate` in the first epoch to `last` after `epochs` epochs, and `last` from then on (Loshchilov
    /// and Hutter, 2017, without restarts).
    Cosine {
        /// First rate.
        rate: f64,
        /// Last rate.
        last: f64,
        /// Number of epochs until the last rate.
        epochs: usize,
    },
    /// Equal steps up to the first rate of another schedule, which then begins.
    WarmUp {
        /// Number of epochs before the other schedule begins.
        epochs: usize,
        /// Schedule that follows; losses of the first epochs do not reach it.
        then: Box<Schedule>,
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
            Self::Cosine { rate, last, epochs } => {
                let share = (losses.len() as f64 / epochs as f64).min(1.0);
                last + (rate - last) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0
            }
            Self::WarmUp { epochs, ref then } => match losses.get(epochs..) {
                Some(later) => then.rate(later),
                None => then.rate(&[]) * (losses.len() + 1) as f64 / (epochs + 1) as f64,
            },
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
    pub fn follows_losses(&self) -> bool {
        match self {
            Self::Plateau { .. } => true,
            Self::WarmUp { then, .. } => then.follows_losses(),
            Self::Constant { .. } | Self::Exponential { .. } | Self::Cosine { .. } | Self::Listed { .. } => {
                false
            }
        }
    }

    /// Refuses rates, factors and numbers of epochs out of their range, an empty list of rates, and a warm-up that is followed by
    /// another warm-up.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names the first such setting.
    pub fn check(&self) -> Result<(), ProtocolError> {
        let rates = match self {
            Self::Constant { rate } | Self::Exponential { rate, .. } | Self::Plateau { rate, .. } => {
                std::slice::from_ref(rate)
            }
            Self::Cosine { rate, last, .. } => &[*rate, *last],
            Self::Listed { rates } => &rates[..],
            Self::WarmUp { then, .. } if matches!(**then, Self::WarmUp { .. }) => {
                return Err(ProtocolError::setting(
                    "the schedule after a warm-up",
                    "another warm-up",
                    "write one warm-up with more epochs",
                ));
            }
            Self::WarmUp { epochs, .. } if *epochs > 1_000_000 => {
                return Err(ProtocolError::setting(
                    "the number of epochs of the warm-up",
                    epochs,
                    "write at most 1,000,000",
                ));
            }
            Self::WarmUp { then, .. } => return then.check(),
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
        if let Self::Cosine { epochs: 0, .. } = self {
            return Err(ProtocolError::setting(
                "the number of epochs of the cosine",
                0,
                "write at least 1 epoch",
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

    /// The values of PyTorch's `CosineAnnealingLR` with `eta_min`, from its closed form.
    #[test]
    fn a_cosine_ends_at_its_last_rate_and_stays() {
        let schedule = Schedule::Cosine { rate: 1e-2, last: 1e-4, epochs: 4 };
        let rates = [0, 1, 2, 3, 4, 9].map(|epochs| schedule.rate(&vec![1.0; epochs]));
        let expected = [1e-2, 8.550_178_566_873_413e-3, 5.05e-3, 1.549_821_433_126_588e-3, 1e-4, 1e-4];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-15, "{rates:?}");
        }
        assert!(Schedule::Cosine { rate: 1e-2, last: 1e-4, epochs: 0 }.check().is_err());
    }

    #[test]
    fn a_warm_up_comes_before_another_schedule() {
        let then = Box::new(Schedule::Plateau { rate: 1.0, factor: 0.5, patience: 1 });
        let schedule = Schedule::WarmUp { epochs: 3, then };
        // The plateau sees the losses from the fourth epoch on.
        let losses = [1.0, 9.0, 9.0, 5.0, 5.0, 4.0];
        let rates: Vec<f64> = (0..=losses.len()).map(|epoch| schedule.rate(&losses[..epoch])).collect();
        assert_eq!(rates, [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.5]);
        assert!(schedule.follows_losses());
        schedule.check().unwrap();
        assert!(Schedule::WarmUp { epochs: 1, then: Box::new(schedule) }.check().is_err());
        let wrong = Box::new(Schedule::Constant { rate: 0.0 });
        assert!(Schedule::WarmUp { epochs: 1, then: wrong }.check().is_err());
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
