//! The interface that an extraction needs of a network: images in, feature maps out.

use radiograph_libtorch::Device;
use tch::Tensor;

use crate::{Backbone, BackboneError, Network, OnnxNetwork};

/// A network with fixed parameters that computes feature maps of images.
///
/// Each value lives on one device. For several devices, create the same network once on each.
pub trait FrozenNetwork: Send + Sized {
    /// Computes the feature maps `[N, C, H, W]` of normalised images `[N, c, height, width]` on the network's device,
    /// in evaluation mode: each map depends only on its own image.
    ///
    /// # Errors
    ///
    /// [`BackboneError::Libtorch`] with libtorch's own text. If the text says that memory ran out, the extraction tries
    /// again with half as many images.
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError>;

    /// Device of its parameters.
    fn device(&self) -> Device;

    /// The same network for another thread. It shares the parameters and computes the same features. The default is
    /// `None`: on the CPU, one network then computes one batch after the other, each on all of libtorch's threads,
    /// which is slower.
    fn for_another_thread(&self) -> Option<Self> {
        None
    }

    /// Estimated peak memory of the activations of one image of this size, in bytes. It sets the first
    /// batch size. An estimate that is too low costs a failed attempt. One that is too high costs only speed.
    ///
    /// The default is 1 KiB for each pixel: the first layers of VGG19, the widest network, hold 64 channels of 4 bytes a
    /// pixel, twice in a convolution and twice again as its working memory.
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

    /// Twice what the graph's values take, because convolutions need as much again as working memory.
    fn memory_per_image(&self, height: usize, width: usize) -> u64 {
        let cost = self.facts().cost(height as i64, width as i64);
        cost.map_or(0, |cost| 2 * cost.memory.unsigned_abs())
    }
}

impl FrozenNetwork for OnnxNetwork {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        self.forward_features(images)
    }

    fn device(&self) -> Device {
        Device::CPU
    }

    fn for_another_thread(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl FrozenNetwork for Network {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        self.forward_features(images)
    }

    fn device(&self) -> Device {
        self.device()
    }

    fn for_another_thread(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory_per_image(&self, height: usize, width: usize) -> u64 {
        match self {
            Self::Backbone(backbone) => backbone.memory_per_image(height, width),
            Self::Onnx(network) => network.memory_per_image(height, width),
        }
    }
}
