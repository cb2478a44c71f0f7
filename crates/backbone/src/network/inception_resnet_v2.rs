//! Inception-ResNetV2 (Szegedy et al., 2017), with timm's tensor names, which are those of Cadene.

use tch::{TchError, Tensor};

use super::inception_stem::{HALVING, InceptionStem};
use crate::{
    BackboneError, Form,
    layer::{Convolution, PooledUnit, Slide, Unit, concatenate, in_turn, max_pool},
    source::Path,
};

const STEM: [&str; 5] = ["conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"];

/// A stem and 40 residual blocks that each add the scaled output of their branches.
#[derive(Clone, Debug)]
pub(crate) struct InceptionResNetV2 {
    stem: InceptionStem,
    mixed_5b: Mixed5b,
    /// Ten on maps of 320 channels.
    repeat: Vec<Residual>,
    mixed_6a: Mixed6a,
    /// Twenty on 1088.
    repeat_1: Vec<Residual>,
    mixed_7a: Mixed7a,
    /// Nine on 2080.
    repeat_2: Vec<Residual>,
    /// One more, unscaled and without ReLU.
    block8: Residual,
    conv2d_7b: Unit,
}

impl InceptionResNetV2 {
    pub(crate) fn load(root: &Path<'_>) -> Result<Self, BackboneError> {
        let repeated = |name: &str, count: usize, kind: Kind| -> Result<Vec<Residual>, BackboneError> {
            (0..count).map(|number| Residual::load(&root.at(name).at(number), kind)).collect()
        };
        Ok(Self {
            stem: InceptionStem::load(root, STEM)?,
            mixed_5b: Mixed5b::load(&root.at("mixed_5b"))?,
            repeat: repeated("repeat", 10, Kind::Block35)?,
            mixed_6a: Mixed6a::load(&root.at("mixed_6a"))?,
            repeat_1: repeated("repeat_1", 20, Kind::Block17)?,
            mixed_7a: Mixed7a::load(&root.at("mixed_7a"))?,
            repeat_2: repeated("repeat_2", 9, Kind::Block8)?,
            block8: Residual::load(&root.at("block8"), Kind::Last)?,
            conv2d_7b: Unit::load(&root.at("conv2d_7b"), [2080, 1536], Slide::POINT)?,
        })
    }

    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let map = through(&self.repeat, self.mixed_5b.forward(&self.stem.forward(images)?)?)?;
        let map = through(&self.repeat_1, self.mixed_6a.forward(&map)?)?;
        let map = through(&self.repeat_2, self.mixed_7a.forward(&map)?)?;
        self.conv2d_7b.forward(&self.block8.forward(&map)?)
    }
}

fn through(blocks: &[Residual], map: Tensor) -> Result<Tensor, TchError> {
    blocks.iter().try_fold(map, |map, block| block.forward(&map))
}

/// 1 × 1, 5 × 5, twice 3 × 3, pooled: 192 to 320 channels.
#[derive(Clone, Debug)]
struct Mixed5b {
    branch0: Unit,
    branch1: [Unit; 2],
    branch2: [Unit; 3],
    branch3: PooledUnit,
}

impl Mixed5b {
    fn load(path: &Path<'_>) -> Result<Self, BackboneError> {
        let (branch1, branch2) = (path.at("branch1"), path.at("branch2"));
        Ok(Self {
            branch0: Unit::load(&path.at("branch0"), [192, 96], Slide::POINT)?,
            branch1: [
                Unit::load(&branch1.at(0), [192, 48], Slide::POINT)?,
                Unit::load(&branch1.at(1), [48, 64], Slide::same(5, 5))?,
            ],
            branch2: [
                Unit::load(&branch2.at(0), [192, 64], Slide::POINT)?,
                Unit::load(&branch2.at(1), [64, 96], Slide::same(3, 3))?,
                Unit::load(&branch2.at(2), [96, 96], Slide::same(3, 3))?,
            ],
            // Entry 0 of the branch is the pooling.
            branch3: PooledUnit::load(&path.at("branch3").at(1), [192, 64])?,
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            self.branch0.forward(map)?,
            in_turn(&self.branch1, map)?,
            in_turn(&self.branch2, map)?,
            self.branch3.forward(map)?,
        ])
    }
}

/// Halves the map: 320 to 1088 channels.
#[derive(Clone, Debug)]
struct Mixed6a {
    branch0: Unit,
    branch1: [Unit; 3],
}

impl Mixed6a {
    fn load(path: &Path<'_>) -> Result<Self, BackboneError> {
        let branch1 = path.at("branch1");
        Ok(Self {
            branch0: Unit::load(&path.at("branch0"), [320, 384], Slide::valid(3, 2))?,
            branch1: [
                Unit::load(&branch1.at(0), [320, 256], Slide::POINT)?,
                Unit::load(&branch1.at(1), [256, 256], Slide::same(3, 3))?,
                Unit::load(&branch1.at(2), [256, 384], Slide::valid(3, 2))?,
            ],
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[self.branch0.forward(map)?, in_turn(&self.branch1, map)?, max_pool(map, HALVING)?])
    }
}

/// Halves the map: 1088 to 2080 channels.
#[derive(Clone, Debug)]
struct Mixed7a {
    branch0: [Unit; 2],
    branch1: [Unit; 2],
    branch2: [Unit; 3],
}

impl Mixed7a {
    fn load(path: &Path<'_>) -> Result<Self, BackboneError> {
        let (branch0, branch1, branch2) = (path.at("branch0"), path.at("branch1"), path.at("branch2"));
        Ok(Self {
            branch0: [
                Unit::load(&branch0.at(0), [1088, 256], Slide::POINT)?,
                Unit::load(&branch0.at(1), [256, 384], Slide::valid(3, 2))?,
            ],
            branch1: [
                Unit::load(&branch1.at(0), [1088, 256], Slide::POINT)?,
                Unit::load(&branch1.at(1), [256, 288], Slide::valid(3, 2))?,
            ],
            branch2: [
                Unit::load(&branch2.at(0), [1088, 256], Slide::POINT)?,
                Unit::load(&branch2.at(1), [256, 288], Slide::same(3, 3))?,
                Unit::load(&branch2.at(2), [288, 320], Slide::valid(3, 2))?,
            ],
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            in_turn(&self.branch0, map)?,
            in_turn(&self.branch1, map)?,
            in_turn(&self.branch2, map)?,
            max_pool(map, HALVING)?,
        ])
    }
}

/// Kinds of residual block, named after the side of their maps for images of 299 pixels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block35,
    Block17,
    Block8,
    Last,
}

/// Parallel branches, and a convolution back to the channels of the input. The result is scaled and added to the input.
#[derive(Clone, Debug)]
struct Residual {
    branches: Vec<Vec<Unit>>,
    conv2d: Convolution,
    /// Scale of the result; `None` if it is folded into the convolution.
    scale: Option<f64>,
    rectified: bool,
}

impl Residual {
    fn load(path: &Path<'_>, kind: Kind) -> Result<Self, BackboneError> {
        let unit = |name: &str, channels: [i64; 2], slide: Slide| Unit::load(&path.at(name), channels, slide);
        let (point, square) = (Slide::POINT, Slide::same(3, 3));
        let (channels, scale, branches) = match kind {
            Kind::Block35 => {
                let first = vec![unit("branch0", [320, 32], point)?];
                let second = vec![unit("branch1.0", [320, 32], point)?, unit("branch1.1", [32, 32], square)?];
                let third = vec![
                    unit("branch2.0", [320, 32], point)?,
                    unit("branch2.1", [32, 48], square)?,
                    unit("branch2.2", [48, 64], square)?,
                ];
                ([128, 320], 0.17, vec![first, second, third])
            }
            Kind::Block17 => {
                let first = vec![unit("branch0", [1088, 192], point)?];
                let second = vec![
                    unit("branch1.0", [1088, 128], point)?,
                    unit("branch1.1", [128, 160], Slide::same(1, 7))?,
                    unit("branch1.2", [160, 192], Slide::same(7, 1))?,
                ];
                ([384, 1088], 0.10, vec![first, second])
            }
            Kind::Block8 | Kind::Last => {
                let first = vec![unit("branch0", [2080, 192], point)?];
                let second = vec![
                    unit("branch1.0", [2080, 192], point)?,
                    unit("branch1.1", [192, 224], Slide::same(1, 3))?,
                    unit("branch1.2", [224, 256], Slide::same(3, 1))?,
                ];
                let scale = if kind == Kind::Last { 1.0 } else { 0.20 };
                ([448, 2080], scale, vec![first, second])
            }
        };
        let conv2d = Convolution::load_biased(&path.at("conv2d"), channels, point)?;
        let rectified = kind != Kind::Last;
        Ok(match path.source().form {
            Form::Plain => Self { branches, conv2d, scale: Some(scale), rectified },
            Form::Folded => Self { branches, conv2d: conv2d.times(scale)?, scale: None, rectified },
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        let found: Vec<Tensor> =
            self.branches.iter().map(|branch| in_turn(branch, map)).collect::<Result<_, _>>()?;
        let mut added = self.conv2d.forward(&concatenate(&found)?)?;
        if let Some(scale) = self.scale {
            added = added.f_mul_scalar(scale)?;
        }
        let mut sum = added.f_add_(map)?;
        if self.rectified { sum.f_relu_() } else { Ok(sum) }
    }
}
