//! The four networks, one file each, and an enum that holds any of them.

mod classifier;
mod densenet121;
mod inception_resnet_v2;
mod inception_stem;
mod inception_v3;
#[cfg(test)]
mod tests;
mod vgg19;

use radiograph_weights::Architecture;
use tch::{TchError, Tensor};

pub(crate) use classifier::Classifier;

use crate::{BackboneError, source::Source};

/// One of the four networks.
#[derive(Clone, Debug)]
pub(crate) enum Network {
    Vgg19(vgg19::Vgg19),
    DenseNet121(densenet121::DenseNet121),
    InceptionV3(Box<inception_v3::InceptionV3>),
    InceptionResNetV2(Box<inception_resnet_v2::InceptionResNetV2>),
}

impl Network {
    /// Loads its tensors from the source.
    pub(crate) fn load(source: &Source) -> Result<Self, BackboneError> {
        let root = source.root();
        Ok(match source.architecture {
            Architecture::Vgg19 => Self::Vgg19(vgg19::Vgg19::load(&root)?),
            Architecture::DenseNet121 => Self::DenseNet121(densenet121::DenseNet121::load(&root)?),
            Architecture::InceptionV3 => Self::InceptionV3(Box::new(inception_v3::InceptionV3::load(&root)?)),
            Architecture::InceptionResNetV2 => {
                let network = inception_resnet_v2::InceptionResNetV2::load(&root)?;
                Self::InceptionResNetV2(Box::new(network))
            }
        })
    }

    /// The last feature map of images `[N, 3, H, W]`.
    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Vgg19(network) => network.forward(images),
            Self::DenseNet121(network) => network.forward(images),
            Self::InceptionV3(network) => network.forward(images),
            Self::InceptionResNetV2(network) => network.forward(images),
        }
    }
}
