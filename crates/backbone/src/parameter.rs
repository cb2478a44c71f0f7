//! The tensors of a frozen network.

use std::ops::Deref;

use tch::Tensor;

/// A tensor that nothing changes any more, so that a clone may share its values: that is what lets several threads compute
/// with one network's weights.
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
