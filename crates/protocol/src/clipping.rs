//! The settings of gradient clipping.

use serde::{Deserialize, Serialize};

use crate::ProtocolError;

/// Gradient clipping. The three ways differ as soon as there are two tensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Clipping {
    /// Each element is cut to ± this (Keras's `clipvalue`).
    Value(f64),
    /// Each tensor with a greater norm is scaled down to this norm (Keras's `clipnorm`).
    VariableNorm(f64),
    /// All tensors are scaled down together if the norm of all is greater (Keras's `global_clipnorm`, PyTorch's
    /// `clip_grad_norm_`; Pascanu et al., 2013).
    GlobalNorm(f64),
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
    fn limits_out_of_range_are_errors() {
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Clipping::GlobalNorm(limit).check().is_err(), "{limit}");
        }
        assert!(Clipping::Value(0.5).check().is_ok());
    }
}
