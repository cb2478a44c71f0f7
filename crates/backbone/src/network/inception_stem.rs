//! The first layers of both Inceptions, which differ only in their tensor names.

use radiograph_weights::Window;
use tch::{TchError, Tensor};

use crate::{
    BackboneError,
    layer::{Slide, Unit, max_pool},
    source::Path,
};

pub(crate) const HALVING: Window = Window::new(3, 2, 0);

/// Five convolutions and two max poolings, from 3 to 192 channels.
#[derive(Clone, Debug)]
pub(crate) struct InceptionStem {
    conv2d_1a: Unit,
    conv2d_2a: Unit,
    conv2d_2b: Unit,
    conv2d_3b: Unit,
    conv2d_4a: Unit,
}

impl InceptionStem {
    pub(crate) fn load(root: &Path<'_>, names: [&str; 5]) -> Result<Self, BackboneError> {
        let [first, second, third, fourth, fifth] = names.map(|name| root.at(name));
        Ok(Self {
            conv2d_1a: Unit::load(&first, [3, 32], Slide::valid(3, 2))?,
            conv2d_2a: Unit::load(&second, [32, 32], Slide::valid(3, 1))?,
            conv2d_2b: Unit::load(&third, [32, 64], Slide::same(3, 3))?,
            conv2d_3b: Unit::load(&fourth, [64, 80], Slide::POINT)?,
            conv2d_4a: Unit::load(&fifth, [80, 192], Slide::valid(3, 1))?,
        })
    }

    /// `[N, 3, H, W]` to `[N, 192, …]`.
    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let map = self.conv2d_2a.forward(&self.conv2d_1a.forward(images)?)?;
        let map = max_pool(&self.conv2d_2b.forward_unrectified(&map)?, HALVING)?.f_relu_()?;
        let map = self.conv2d_3b.forward(&map)?;
        max_pool(&self.conv2d_4a.forward_unrectified(&map)?, HALVING)?.f_relu_()
    }
}
