//! The settings of the optimiser: RMSprop and gradient clipping.
//!
//! There is no momentum and no centring, because neither the paper nor its code uses them.

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// The settings of RMSprop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
pub enum RmsPropForm {
    /// w ← w - rate·g / √(v + ε), as Keras writes it.
    Keras,
    /// w ← w - rate·g / (√v + ε), as PyTorch writes it.
    #[serde(rename = "pytorch")]
    PyTorch,
}

/// Gradient clipping. The three ways differ as soon as there are two tensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clipping {
    /// Each element is cut to ± this (Keras's `clipvalue`).
    Value(f64),
    /// Each tensor with a greater norm is scaled down to this norm (Keras's `clipnorm`).
    VariableNorm(f64),
    /// All tensors are scaled down together if the norm of all is greater (Keras's `global_clipnorm`, PyTorch's
    /// `clip_grad_norm_`; Pascanu et al., 2013).
    GlobalNorm(f64),
}

impl RmsProp {
    /// Keras's form and defaults: ρ = 0.9, ε = 1e-7.
    pub const KERAS: Self = Self { form: RmsPropForm::Keras, rho: 0.9, epsilon: 1e-7 };
    /// PyTorch's form and defaults: ρ = 0.99, ε = 1e-8.
    pub const PYTORCH: Self = Self { form: RmsPropForm::PyTorch, rho: 0.99, epsilon: 1e-8 };

    /// Refuses settings out of their range.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`] that names the first such setting.
    pub fn check(self) -> Result<(), ProtocolError> {
        if !(0.0..1.0).contains(&self.rho) {
            return Err(ProtocolError::setting(
                "rho of RMSprop",
                self.rho,
                "write a number from 0 to below 1",
            ));
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return Err(ProtocolError::setting(
                "epsilon of RMSprop",
                self.epsilon,
                "write a small number above 0, such as 1e-7",
            ));
        }
        Ok(())
    }
}

impl Clipping {
    /// Refuses a limit that is not a finite number above 0.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Setting`].
    pub fn check(self) -> Result<(), ProtocolError> {
        let (Self::Value(limit) | Self::VariableNorm(limit) | Self::GlobalNorm(limit)) = self;
        if limit > 0.0 && limit.is_finite() {
            return Ok(());
        }
        Err(ProtocolError::setting(
            "the clipping limit",
            limit,
            "write a finite number above 0, or no clipping",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_errors() {
        for settings in [RmsProp { rho: 1.0, ..RmsProp::KERAS }, RmsProp { epsilon: 0.0, ..RmsProp::KERAS }] {
            assert!(settings.check().is_err());
        }
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Clipping::GlobalNorm(limit).check().is_err(), "{limit}");
        }
        assert!(RmsProp::PYTORCH.check().is_ok() && Clipping::Value(0.5).check().is_ok());
    }
}
