//! A dense layer of a classifier.

use tch::{TchError, Tensor};

use crate::{
    BackboneError,
    parameter::Parameter,
    source::{Path, Role},
};

/// A dense layer, `[N, in]` to `[N, out]`.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    weight: Parameter,
    bias: Parameter,
}

impl Dense {
    /// Loads `weight` `[out, in]` and `bias` at this path.
    pub(crate) fn load(path: &Path<'_>, [inputs, outputs]: [i64; 2]) -> Result<Self, BackboneError> {
        let weight = path.tensor("weight", &[outputs, inputs], Role::Kernel)?;
        Ok(Self { weight, bias: path.tensor("bias", &[outputs], Role::Bias)? })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_linear(&self.weight, Some(&*self.bias))
    }
}
