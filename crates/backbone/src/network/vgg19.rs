//! VGG19 without batch normalisation (Simonyan and Zisserman, 2015), with torchvision's tensor names.

use radiograph_weights::Window;
use tch::{TchError, Tensor};

use crate::{
    BackboneError,
    layer::{Convolution, Slide, max_pool},
    source::Path,
};

const POOL: Window = Window::new(2, 2, 0);

/// Channels of each stage, and the positions of its convolutions in `features`.
const STAGES: [(i64, &[usize]); 5] = [
    (64, &[0, 2]),
    (128, &[5, 7]),
    (256, &[10, 12, 14, 16]),
    (512, &[19, 21, 23, 25]),
    (512, &[28, 30, 32, 34]),
];

/// Sixteen convolutions of 3 × 3 in five stages, each of which ends with a max pooling.
#[derive(Clone, Debug)]
pub(crate) struct Vgg19 {
    stages: [Vec<Convolution>; 5],
}

impl Vgg19 {
    pub(crate) fn load(root: &Path<'_>) -> Result<Self, BackboneError> {
        let features = root.at("features");
        let mut stages = [const { Vec::new() }; 5];
        let mut inputs = 3;
        for (stage, (channels, positions)) in stages.iter_mut().zip(STAGES) {
            for position in positions {
                let path = features.at(position);
                stage.push(Convolution::load_biased(&path, [inputs, channels], Slide::same(3, 3))?);
                inputs = channels;
            }
        }
        Ok(Self { stages })
    }

    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let mut map = images.shallow_clone();
        for stage in &self.stages {
            for (place, convolution) in stage.iter().enumerate() {
                map = convolution.forward(&map)?;
                // The pooling comes before a stage's last ReLU: the values are the same, and only a quarter is left to
                // rectify.
                if place + 1 == stage.len() {
                    map = max_pool(&map, POOL)?;
                }
                map = map.f_relu_()?;
            }
        }
        Ok(map)
    }
}
