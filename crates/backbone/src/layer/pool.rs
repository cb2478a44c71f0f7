//! Max and average pooling of feature maps.

use radiograph_weights::graph::Window;
use tch::{TchError, Tensor};

/// Maximum under a window; padding never counts.
pub(crate) fn max_pool(input: &Tensor, window: Window) -> Result<Tensor, TchError> {
    let Window { kernel, stride, padding } = window;
    input.f_max_pool2d(kernel, [stride, stride], padding, [1, 1], false)
}

/// Mean under a window. Padding counts as zeros or is left out.
pub(crate) fn average_pool(input: &Tensor, window: Window, counts_padding: bool) -> Result<Tensor, TchError> {
    let Window { kernel, stride, padding } = window;
    input.f_avg_pool2d(kernel, [stride, stride], padding, false, counts_padding, None)
}
