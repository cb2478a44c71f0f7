//! Dense layers and layer normalisation, on vectors or on the tokens of a sequence.

use tch::{Kind, TchError, Tensor};

use crate::parameter::Parameter;

/// A dense layer, `[…, in]` to `[…, out]`.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    /// `[out, in]`.
    pub(crate) weight: Parameter,
    pub(crate) bias: Parameter,
}

impl Dense {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_linear(&self.weight, Some(&*self.bias))
    }

    /// The layer with the result times a factor for each output channel, rounded once.
    pub(crate) fn scaled(&self, factor: &Tensor) -> Result<Self, TchError> {
        let factor = factor.f_to_kind(Kind::Double)?;
        let weight = self.weight.f_to_kind(Kind::Double)?.f_mul(&factor.f_view([-1, 1])?)?;
        let bias = self.bias.f_to_kind(Kind::Double)?.f_mul(&factor)?;
        Ok(Self { weight: weight.f_to_kind(Kind::Float)?.into(), bias: bias.f_to_kind(Kind::Float)?.into() })
    }
}

/// `(x − mean) / √(variance + ε) · weight + bias` over the channels of each token.
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    pub(crate) weight: Parameter,
    pub(crate) bias: Parameter,
    pub(crate) channels: i64,
    pub(crate) epsilon: f64,
}

impl LayerNorm {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_layer_norm([self.channels], Some(&*self.weight), Some(&*self.bias), self.epsilon, true)
    }
}
