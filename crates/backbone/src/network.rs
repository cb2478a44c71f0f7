//! A frozen network, whichever way it is computed.

use radiograph_libtorch::Device;
use tch::Tensor;

use crate::{Backbone, BackboneError, OnnxNetwork};

/// A frozen network on a device.
///
/// A clone shares the weights.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Network {
    /// A network of this project, or one that a program registered, computed with libtorch.
    Backbone(Box<Backbone>),
    /// A network from an ONNX file, computed by ONNX Runtime on the processor.
    Onnx(OnnxNetwork),
}

impl Network {
    /// Computes the feature maps `[N, C, h, w]` of normalised images `[N, c, H, W]`.
    ///
    /// # Errors
    ///
    /// Those of [`Backbone::forward_features`] and [`OnnxNetwork::forward_features`].
    pub fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        match self {
            Self::Backbone(backbone) => backbone.forward_features(images),
            Self::Onnx(network) => network.forward_features(images),
        }
    }

    /// Device that it computes on.
    pub fn device(&self) -> Device {
        match self {
            Self::Backbone(backbone) => backbone.device(),
            Self::Onnx(_) => Device::CPU,
        }
    }
}

impl From<Backbone> for Network {
    fn from(backbone: Backbone) -> Self {
        Self::Backbone(Box::new(backbone))
    }
}

impl From<OnnxNetwork> for Network {
    fn from(network: OnnxNetwork) -> Self {
        Self::Onnx(network)
    }
}
