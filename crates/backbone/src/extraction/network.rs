//! What an extraction needs of a network.

use radiograph_libtorch::Device;
use tch::Tensor;

use crate::{Backbone, BackboneError};

/// A network whose parameters do not change: images in, feature maps out.
///
/// Each value lives on one device; for several devices there are several of the same network.
pub trait FrozenNetwork: Send + Sized {
    /// The feature maps `[N, C, H, W]` of normalised images `[N, 3, height, width]` on the network's device, in
    /// evaluation mode: every map depends on its own image alone.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Libtorch`] with libtorch's own text. If the text says that memory ran out, the extraction comes
    /// again with half as many images.
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError>;

    /// Where its parameters are.
    fn device(&self) -> Device;

    /// The same network for another thread, which shares the parameters and makes the same features. `None`, if it is not
    /// overridden: on the processor the images then pass through the one network, one batch after the other, each spread
    /// over libtorch's threads, which is slower.
    fn for_another_thread(&self) -> Option<Self> {
        None
    }

    /// About how many bytes the activations of one image of this size take at the peak. The batch size starts from it, so
    /// too little costs a failed attempt, and too much costs speed at most.
    ///
    /// Not overridden, it is 1 KiB a pixel: the first layers of VGG19, the widest of the four networks, hold 64 channels
    /// of 4 bytes a pixel, twice in a convolution and twice again as its working memory.
    fn memory_per_image(&self, height: usize, width: usize) -> u64 {
        (1024 * height * width) as u64
    }
}

impl FrozenNetwork for Backbone {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        self.forward_features(images)
    }

    fn device(&self) -> Device {
        self.device()
    }

    fn for_another_thread(&self) -> Option<Self> {
        Some(self.clone())
    }
}
