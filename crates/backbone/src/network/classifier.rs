//! ImageNet classifiers: the dense layers that turn each network's last feature map into logits of 1000 classes.

use radiograph_weights::{Architecture, Facts};
use tch::{TchError, Tensor};

use crate::{
    BackboneError,
    layer::{Dense, average_everywhere},
    source::Source,
};

const CLASSES: i64 = 1000;
/// Side of the grid that VGG19's dense layers see, for images of any size.
const VGG_CELLS: i64 = 7;

/// Turns the last feature map into logits. Dropout is absent because it acts in training only.
#[derive(Clone, Debug)]
pub(crate) enum Classifier {
    /// VGG19: three dense layers on 7 × 7 cells.
    Deep([Dense; 3]),
    /// The other networks: one dense layer on the mean of all cells.
    Pooled(Dense),
}

impl Classifier {
    /// Builds the classifier from the source's tensors.
    pub(crate) fn load(source: &Source) -> Result<Self, BackboneError> {
        let (root, channels) = (source.root(), Facts::of(source.architecture).channels);
        let name = match source.architecture {
            Architecture::Vgg19 => {
                let path = root.at("classifier");
                return Ok(Self::Deep([
                    Dense::load(&path.at(0), [channels * VGG_CELLS * VGG_CELLS, 4096])?,
                    Dense::load(&path.at(3), [4096, 4096])?,
                    Dense::load(&path.at(6), [4096, CLASSES])?,
                ]));
            }
            Architecture::DenseNet121 => "classifier",
            Architecture::InceptionV3 => "fc",
            Architecture::InceptionResNetV2 => "classif",
        };
        Ok(Self::Pooled(Dense::load(&root.at(name), [channels, CLASSES])?))
    }

    /// Computes `[N, 1000]` from `[N, C, H, W]`.
    pub(crate) fn forward(&self, features: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Deep([first, second, last]) => {
                let cells = features.f_adaptive_avg_pool2d([VGG_CELLS, VGG_CELLS])?;
                let hidden = first.forward(&cells.f_flatten(1, -1)?)?.f_relu_()?;
                last.forward(&second.forward(&hidden)?.f_relu_()?)
            }
            Self::Pooled(dense) => dense.forward(&average_everywhere(features)?),
        }
    }
}
