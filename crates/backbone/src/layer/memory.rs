//! Changes the memory layout of feature maps.

use tch::{TchError, Tensor};

/// Copies `[N, C, H, W]` into channels-last layout, in which convolutions on the CPU are fastest. tch has no argument
/// for this layout, but a copy through the permuted view has the strides that libtorch recognises.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}
