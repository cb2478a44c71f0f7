//! Copies named tensors to host memory, where no later step changes them.

use tch::{Device, Kind, Tensor};

use crate::Error;

/// Deep copies of named f32 tensors in host memory.
#[derive(Debug)]
pub(crate) struct Snapshot(Vec<(String, Tensor)>);

impl Snapshot {
    /// Copies these tensors.
    pub(crate) fn of(tensors: &[(String, &Tensor)]) -> Result<Self, Error> {
        let _guard = tch::no_grad_guard();
        let copy = |(name, tensor): &(String, &Tensor)| {
            let mut copy = Tensor::f_empty(tensor.size(), (Kind::Float, Device::Cpu))?;
            copy.f_copy_(tensor)?;
            Ok((name.clone(), copy))
        };
        tensors.iter().map(copy).collect::<Result<_, Error>>().map(Self)
    }

    /// A second handle to the same copies. Nothing changes them, so another thread may read them.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect())
    }

    /// The copies by name.
    pub(crate) fn tensors(&self) -> Vec<(String, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.clone(), tensor)).collect()
    }
}
