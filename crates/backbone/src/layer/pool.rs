//! Max and average pooling of feature maps.

use radiograph_weights::Window;
use tch::{TchError, Tensor};

/// Maximum under a window; padding never counts.
pub(crate) fn max_pool(input: &Tensor, window: Window) -> Result<Tensor, TchError> {
    let Window { kernel, stride, padding } = window;
    input.f_max_pool2d([kernel, kernel], [stride, stride], [padding, padding], [1, 1], false)
}

/// Mean of the 3 × 3 values around each cell. Padding counts as zeros or is left out; the size stays.
pub(crate) fn average_around(input: &Tensor, counts_padding: bool) -> Result<Tensor, TchError> {
    input.f_avg_pool2d([3, 3], [1, 1], [1, 1], false, counts_padding, None)
}

/// Mean of all cells of each channel: `[N, C, H, W]` to `[N, C]`.
pub(crate) fn average_everywhere(input: &Tensor) -> Result<Tensor, TchError> {
    input.f_mean_dim([2_i64, 3].as_slice(), false, tch::Kind::Float)
}

/// Mean of each block of 2 × 2 values; an odd last row or column is left out.
pub(crate) fn halving_mean(input: &Tensor) -> Result<Tensor, TchError> {
    input.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, false, None)
}
