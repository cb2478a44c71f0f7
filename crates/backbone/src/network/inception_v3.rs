//! InceptionV3 (Szegedy et al., 2016), with torchvision's tensor names.

use tch::{TchError, Tensor};

use super::inception_stem::{HALVING, InceptionStem};
use crate::{
    BackboneError,
    layer::{PooledUnit, Slide, Unit, concatenate, in_turn, max_pool},
    parameter::Parameter,
    source::Path,
};

const STEM: [&str; 5] = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"];

/// ImageNet's mean and deviation of red, green and blue. `transform_input` assumes that its input is normalised by
/// them.
const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f64; 3] = [0.229, 0.224, 0.225];

/// A stem and eleven blocks of branches side by side.
#[derive(Clone, Debug)]
pub(crate) struct InceptionV3 {
    /// Factor and summand of each channel, if the network transforms its input.
    input: Option<(Parameter, Parameter)>,
    stem: InceptionStem,
    mixed_5: [BlockA; 3],
    mixed_6a: BlockB,
    mixed_6: [BlockC; 4],
    mixed_7a: BlockD,
    mixed_7: [BlockE; 2],
}

impl InceptionV3 {
    pub(crate) fn load(root: &Path<'_>) -> Result<Self, BackboneError> {
        let input = if root.source().lineage.transforms_input { Some(input_transform(root)?) } else { None };
        Ok(Self {
            input,
            stem: InceptionStem::load(root, STEM)?,
            mixed_5: [
                BlockA::load(&root.at("Mixed_5b"), 192, 32)?,
                BlockA::load(&root.at("Mixed_5c"), 256, 64)?,
                BlockA::load(&root.at("Mixed_5d"), 288, 64)?,
            ],
            mixed_6a: BlockB::load(&root.at("Mixed_6a"))?,
            mixed_6: [
                BlockC::load(&root.at("Mixed_6b"), 128)?,
                BlockC::load(&root.at("Mixed_6c"), 160)?,
                BlockC::load(&root.at("Mixed_6d"), 160)?,
                BlockC::load(&root.at("Mixed_6e"), 192)?,
            ],
            mixed_7a: BlockD::load(&root.at("Mixed_7a"))?,
            mixed_7: [BlockE::load(&root.at("Mixed_7b"), 1280)?, BlockE::load(&root.at("Mixed_7c"), 2048)?],
        })
    }

    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let mut map = match &self.input {
            Some((scale, shift)) => self.stem.forward(&images.f_mul(scale)?.f_add(shift)?)?,
            None => self.stem.forward(images)?,
        };
        for block in &self.mixed_5 {
            map = block.forward(&map)?;
        }
        map = self.mixed_6a.forward(&map)?;
        for block in &self.mixed_6 {
            map = block.forward(&map)?;
        }
        map = self.mixed_7a.forward(&map)?;
        for block in &self.mixed_7 {
            map = block.forward(&map)?;
        }
        Ok(map)
    }
}

/// From ImageNet's normalisation to −1 … 1: x · σ / 0.5 + (μ − 0.5) / 0.5.
fn input_transform(root: &Path<'_>) -> Result<(Parameter, Parameter), TchError> {
    let scale = DEVIATION.map(|deviation| (deviation / 0.5) as f32);
    let shift = MEAN.map(|mean| ((mean - 0.5) / 0.5) as f32);
    let channels = |values: [f32; 3]| {
        Tensor::f_from_slice(&values)?
            .f_view([1, 3, 1, 1])?
            .f_to_device(root.source().device)
            .map(Parameter::from)
    };
    Ok((channels(scale)?, channels(shift)?))
}

/// `Mixed_5b` to `Mixed_5d`: 1 × 1, 5 × 5, twice 3 × 3, pooled.
#[derive(Clone, Debug)]
struct BlockA {
    branch1x1: Unit,
    branch5x5: [Unit; 2],
    branch3x3dbl: [Unit; 3],
    branch_pool: PooledUnit,
}

impl BlockA {
    fn load(path: &Path<'_>, inputs: i64, pooled: i64) -> Result<Self, BackboneError> {
        Ok(Self {
            branch1x1: Unit::load(&path.at("branch1x1"), [inputs, 64], Slide::POINT)?,
            branch5x5: [
                Unit::load(&path.at("branch5x5_1"), [inputs, 48], Slide::POINT)?,
                Unit::load(&path.at("branch5x5_2"), [48, 64], Slide::same(5, 5))?,
            ],
            branch3x3dbl: [
                Unit::load(&path.at("branch3x3dbl_1"), [inputs, 64], Slide::POINT)?,
                Unit::load(&path.at("branch3x3dbl_2"), [64, 96], Slide::same(3, 3))?,
                Unit::load(&path.at("branch3x3dbl_3"), [96, 96], Slide::same(3, 3))?,
            ],
            branch_pool: PooledUnit::load(&path.at("branch_pool"), [inputs, pooled])?,
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            self.branch1x1.forward(map)?,
            in_turn(&self.branch5x5, map)?,
            in_turn(&self.branch3x3dbl, map)?,
            self.branch_pool.forward(map)?,
        ])
    }
}

/// `Mixed_6a`: halves the map.
#[derive(Clone, Debug)]
struct BlockB {
    branch3x3: Unit,
    branch3x3dbl: [Unit; 3],
}

impl BlockB {
    fn load(path: &Path<'_>) -> Result<Self, BackboneError> {
        Ok(Self {
            branch3x3: Unit::load(&path.at("branch3x3"), [288, 384], Slide::valid(3, 2))?,
            branch3x3dbl: [
                Unit::load(&path.at("branch3x3dbl_1"), [288, 64], Slide::POINT)?,
                Unit::load(&path.at("branch3x3dbl_2"), [64, 96], Slide::same(3, 3))?,
                Unit::load(&path.at("branch3x3dbl_3"), [96, 96], Slide::valid(3, 2))?,
            ],
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            self.branch3x3.forward(map)?,
            in_turn(&self.branch3x3dbl, map)?,
            max_pool(map, HALVING)?,
        ])
    }
}

/// `Mixed_6b` to `Mixed_6e`: 1 × 1, 7 × 7 once and twice as rows and columns, pooled.
#[derive(Clone, Debug)]
struct BlockC {
    branch1x1: Unit,
    branch7x7: [Unit; 3],
    branch7x7dbl: [Unit; 5],
    branch_pool: PooledUnit,
}

impl BlockC {
    fn load(path: &Path<'_>, middle: i64) -> Result<Self, BackboneError> {
        let (row, column) = (Slide::same(1, 7), Slide::same(7, 1));
        Ok(Self {
            branch1x1: Unit::load(&path.at("branch1x1"), [768, 192], Slide::POINT)?,
            branch7x7: [
                Unit::load(&path.at("branch7x7_1"), [768, middle], Slide::POINT)?,
                Unit::load(&path.at("branch7x7_2"), [middle, middle], row)?,
                Unit::load(&path.at("branch7x7_3"), [middle, 192], column)?,
            ],
            branch7x7dbl: [
                Unit::load(&path.at("branch7x7dbl_1"), [768, middle], Slide::POINT)?,
                Unit::load(&path.at("branch7x7dbl_2"), [middle, middle], column)?,
                Unit::load(&path.at("branch7x7dbl_3"), [middle, middle], row)?,
                Unit::load(&path.at("branch7x7dbl_4"), [middle, middle], column)?,
                Unit::load(&path.at("branch7x7dbl_5"), [middle, 192], row)?,
            ],
            branch_pool: PooledUnit::load(&path.at("branch_pool"), [768, 192])?,
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            self.branch1x1.forward(map)?,
            in_turn(&self.branch7x7, map)?,
            in_turn(&self.branch7x7dbl, map)?,
            self.branch_pool.forward(map)?,
        ])
    }
}

/// `Mixed_7a`: halves the map.
#[derive(Clone, Debug)]
struct BlockD {
    branch3x3: [Unit; 2],
    branch7x7x3: [Unit; 4],
}

impl BlockD {
    fn load(path: &Path<'_>) -> Result<Self, BackboneError> {
        Ok(Self {
            branch3x3: [
                Unit::load(&path.at("branch3x3_1"), [768, 192], Slide::POINT)?,
                Unit::load(&path.at("branch3x3_2"), [192, 320], Slide::valid(3, 2))?,
            ],
            branch7x7x3: [
                Unit::load(&path.at("branch7x7x3_1"), [768, 192], Slide::POINT)?,
                Unit::load(&path.at("branch7x7x3_2"), [192, 192], Slide::same(1, 7))?,
                Unit::load(&path.at("branch7x7x3_3"), [192, 192], Slide::same(7, 1))?,
                Unit::load(&path.at("branch7x7x3_4"), [192, 192], Slide::valid(3, 2))?,
            ],
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        concatenate(&[
            in_turn(&self.branch3x3, map)?,
            in_turn(&self.branch7x7x3, map)?,
            max_pool(map, HALVING)?,
        ])
    }
}

/// `Mixed_7b` and `Mixed_7c`: 1 × 1, 3 × 3 once and twice with a row and a column side by side, pooled.
#[derive(Clone, Debug)]
struct BlockE {
    branch1x1: Unit,
    branch3x3_1: Unit,
    branch3x3_2: RowAndColumn,
    branch3x3dbl: [Unit; 2],
    branch3x3dbl_3: RowAndColumn,
    branch_pool: PooledUnit,
}

impl BlockE {
    fn load(path: &Path<'_>, inputs: i64) -> Result<Self, BackboneError> {
        Ok(Self {
            branch1x1: Unit::load(&path.at("branch1x1"), [inputs, 320], Slide::POINT)?,
            branch3x3_1: Unit::load(&path.at("branch3x3_1"), [inputs, 384], Slide::POINT)?,
            branch3x3_2: RowAndColumn::load(path, "branch3x3_2")?,
            branch3x3dbl: [
                Unit::load(&path.at("branch3x3dbl_1"), [inputs, 448], Slide::POINT)?,
                Unit::load(&path.at("branch3x3dbl_2"), [448, 384], Slide::same(3, 3))?,
            ],
            branch3x3dbl_3: RowAndColumn::load(path, "branch3x3dbl_3")?,
            branch_pool: PooledUnit::load(&path.at("branch_pool"), [inputs, 192])?,
        })
    }

    fn forward(&self, map: &Tensor) -> Result<Tensor, TchError> {
        let [row, column] = self.branch3x3_2.forward(&self.branch3x3_1.forward(map)?)?;
        let [double_row, double_column] = self.branch3x3dbl_3.forward(&in_turn(&self.branch3x3dbl, map)?)?;
        let (point, pooled) = (self.branch1x1.forward(map)?, self.branch_pool.forward(map)?);
        concatenate(&[point, row, column, double_row, double_column, pooled])
    }
}

/// The branches `…a` of 1 × 3 and `…b` of 3 × 1 on the same map.
#[derive(Clone, Debug)]
struct RowAndColumn {
    row: Unit,
    column: Unit,
}

impl RowAndColumn {
    fn load(path: &Path<'_>, name: &str) -> Result<Self, BackboneError> {
        Ok(Self {
            row: Unit::load(&path.at(format!("{name}a")), [384, 384], Slide::same(1, 3))?,
            column: Unit::load(&path.at(format!("{name}b")), [384, 384], Slide::same(3, 1))?,
        })
    }

    fn forward(&self, map: &Tensor) -> Result<[Tensor; 2], TchError> {
        Ok([self.row.forward(map)?, self.column.forward(map)?])
    }
}
