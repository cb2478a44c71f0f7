//! A constant tensor of a frozen network, which clones share.

use std::ops::Deref;

use tch::Tensor;

/// A tensor that no longer changes. Clones share its values, so several threads can compute with one network's weights.
#[derive(Debug)]
pub(crate) struct Parameter(Tensor);

impl From<Tensor> for Parameter {
    fn from(tensor: Tensor) -> Self {
        Self(tensor)
    }
}

impl Clone for Parameter {
    fn clone(&self) -> Self {
        Self(self.0.shallow_clone())
    }
}

impl Deref for Parameter {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}
