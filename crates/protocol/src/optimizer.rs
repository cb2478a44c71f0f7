//! The settings of the optimisers.

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// An optimiser with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OptimizerConfig {
    /// RMSprop without momentum and centring, as in the paper.
    #[serde(rename = "rmsprop")]
    RmsProp(RmsProp),
    /// Adam, and AdamW if there is a weight decay.
    Adam(Adam),
    /// Stochastic gradient descent.
    Sgd(Sgd),
}

/// The settings of RMSprop (Hinton, lecture 6e of *Neural Networks for Machine Learning*, 2012).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsProp {
    /// Place of epsilon.
    pub form: RmsPropForm,
    /// Share of the mean square that survives a step, 0 to below 1.
    pub rho: f64,
    /// Epsilon, a small number above 0.
    pub epsilon: f64,
}

/// The place of epsilon, with v ← ρ·v + (1 - ρ)·g².
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RmsPropForm {
    /// w ← w - rate·g / √(v + ε), as Keras writes it.
    Keras,
    /// w ← w - rate·g / (√v + ε), as PyTorch writes it.
    #[serde(rename = "pytorch")]
    PyTorch,
}

/// The settings of Adam (Kingma and Ba, 2015), with m ← β₁·m + (1 - β₁)·g, v ← β₂·v + (1 - β₂)·g² and both divided by
/// 1 - βᵗ: w ← w - rate·m / (√v + ε), as PyTorch writes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// Share of the mean gradient that survives a step, 0 to below 1.
    pub beta_1: f64,
    /// Share of the mean square that survives a step, 0 to below 1.
    pub beta_2: f64,
    /// Epsilon, a small number above 0.
    pub epsilon: f64,
    /// Decoupled weight decay, at least 0: w ← w - rate·decay·w before the step (AdamW; Loshchilov and Hutter, 2019).
    pub weight_decay: f64,
}

/// The settings of stochastic gradient descent, with g ← g + decay·w and u ← momentum·u + g: w ← w - rate·u, as PyTorch
/// writes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    /// Share of the direction u that survives a step, 0 to below 1.
    pub momentum: f64,
    /// Whether the step follows g + momentum·u instead of u.
    pub nesterov: bool,
    /// Weight decay, at least 0.
    pub weight_decay: f64,
}

impl RmsProp {
    /// Keras's form and defaults: ρ = 0.9, ε = 1e-7.
    pub const KERAS: Self = Self { form: RmsPropForm::Keras, rho: 0.9, epsilon: 1e-7 };
    /// PyTorch's form and defaults: ρ = 0.99, ε = 1e-8.
    pub const PYTORCH: Self = Self { form: RmsPropForm::PyTorch, rho: 0.99, epsilon: 1e-8 };
}

impl Adam {
    /// PyTorch's defaults: β₁ = 0.9, β₂ = 0.999, ε = 1e-8, no weight decay.
    pub const PYTORCH: Self = Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
}

impl Sgd {
    /// Plain descent: no momentum, no weight decay.
    pub const PLAIN: Self = Self { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
}

impl From<RmsProp> for OptimizerConfig {
    fn from(settings: RmsProp) -> Self {
        Self::RmsProp(settings)
    }
}

impl From<Adam> for OptimizerConfig {
    fn from(settings: Adam) -> Self {
        Self::Adam(settings)
    }
}

impl From<Sgd> for OptimizerConfig {
    fn from(settings: Sgd) -> Self {
        Self::Sgd(settings)
    }
}

impl OptimizerConfig {
    /// Refuses settings out of their range.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names the first such setting.
    pub fn check(&self) -> Result<(), ProtocolError> {
        match *self {
            Self::RmsProp(RmsProp { form: _, rho, epsilon }) => {
                share("rho of RMSprop", rho)?;
                small("epsilon of RMSprop", epsilon)
            }
            Self::Adam(Adam { beta_1, beta_2, epsilon, weight_decay }) => {
                share("beta_1 of Adam", beta_1)?;
                share("beta_2 of Adam", beta_2)?;
                small("epsilon of Adam", epsilon)?;
                decay("the weight decay of Adam", weight_decay)
            }
            Self::Sgd(Sgd { momentum, nesterov: _, weight_decay }) => {
                share("the momentum", momentum)?;
                decay("the weight decay", weight_decay)
            }
        }
    }
}

fn share(setting: &'static str, value: f64) -> Result<(), ProtocolError> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(ProtocolError::setting(setting, value, "write a number from 0 to below 1")),
    }
}

fn small(setting: &'static str, value: f64) -> Result<(), ProtocolError> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(ProtocolError::setting(setting, value, "write a small number above 0, such as 1e-7")),
    }
}

fn decay(setting: &'static str, value: f64) -> Result<(), ProtocolError> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(ProtocolError::setting(setting, value, "write a finite number, at least 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_errors() {
        let wrong: [OptimizerConfig; 7] = [
            RmsProp { rho: 1.0, ..RmsProp::KERAS }.into(),
            RmsProp { epsilon: 0.0, ..RmsProp::KERAS }.into(),
            Adam { beta_1: -0.1, ..Adam::PYTORCH }.into(),
            Adam { beta_2: 1.0, ..Adam::PYTORCH }.into(),
            Adam { weight_decay: f64::NAN, ..Adam::PYTORCH }.into(),
            Sgd { momentum: 1.0, ..Sgd::PLAIN }.into(),
            Sgd { weight_decay: -1e-4, ..Sgd::PLAIN }.into(),
        ];
        for settings in wrong {
            assert!(settings.check().is_err(), "{settings:?}");
        }
        let right: [OptimizerConfig; 3] = [RmsProp::PYTORCH.into(), Adam::PYTORCH.into(), Sgd::PLAIN.into()];
        for settings in right {
            settings.check().unwrap();
        }
    }

    #[test]
    fn names_are_the_same_in_every_file() {
        let name = |settings: OptimizerConfig| {
            let value = serde_json::to_value(settings).unwrap();
            value.as_object().unwrap().keys().next().unwrap().clone()
        };
        assert_eq!(name(RmsProp::KERAS.into()), "rmsprop");
        assert_eq!(name(Adam::PYTORCH.into()), "adam");
        assert_eq!(name(Sgd::PLAIN.into()), "sgd");
    }
}
