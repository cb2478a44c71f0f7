//! How tensors lie in memory. What they hold does not change.

use tch::{TchError, Tensor};

/// The same `[N, C, H, W]` with channels next to each other in memory, which the processor's convolutions like best. tch has
/// no argument for it, but a copy through the permuted view has the strides that libtorch recognises.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// Feature maps of the same size behind each other, along the channels.
pub(crate) fn concatenate(maps: &[Tensor]) -> Result<Tensor, TchError> {
    Tensor::f_cat(maps, 1)
}
