//! A parameter in a step of an optimiser, with everything that moves it.

use tch::Tensor;

use super::{
    clipping::Clip,
    rule::{Piece, Rule},
    tile::Tile,
};
use crate::{Error, Gradient};

/// A parameter as a matrix, with its gradient and its state.
pub(super) struct Moved {
    parameter: Tensor,
    state: Vec<Tensor>,
    gradient: Matrix,
    clip: Clip,
}

/// A gradient as a matrix.
enum Matrix {
    /// All values. Not clipped yet.
    Whole(Tensor),
    /// The product of `[rows, N]` and `[N, columns]`. Scaled, if clipping scales it.
    Product([Tensor; 2]),
}

/// A step of an optimiser.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) rule: &'a dyn Rule,
    pub(super) rate: f64,
    /// Counted from 1.
    pub(super) number: u64,
}

impl Moved {
    pub(super) fn new(
        parameter: &Tensor,
        state: &[Tensor],
        gradient: &Gradient,
        clip: Clip,
    ) -> Result<Self, Error> {
        let (size, gradient) = match gradient {
            Gradient::Whole(values) => {
                let size = [1, values.numel() as i64];
                (size, Matrix::Whole(values.f_reshape(size)?))
            }
            Gradient::Product { slope, input } => {
                let slope = match clip {
                    Clip::Scale(factor) if factor != 1.0 => slope.f_mul_scalar(factor)?,
                    _ => slope.shallow_clone(),
                };
                let size = [slope.size()[1], input.size()[1]]; // both are matrices
                (size, Matrix::Product([slope.f_tr()?, input.shallow_clone()]))
            }
        };
        // A view: a copy would move in place of the parameter.
        let view = |tensor: &Tensor| Ok(tensor.f_view(size)?);
        let state = state.iter().map(view).collect::<Result<_, Error>>()?;
        Ok(Self { parameter: view(parameter)?, state, gradient, clip })
    }

    /// The same tensors for another thread.
    pub(super) fn shallow_clone(&self) -> Self {
        let gradient = match &self.gradient {
            Matrix::Whole(values) => Matrix::Whole(values.shallow_clone()),
            Matrix::Product(factors) => Matrix::Product(factors.each_ref().map(Tensor::shallow_clone)),
        };
        Self {
            parameter: self.parameter.shallow_clone(),
            state: self.state.iter().map(Tensor::shallow_clone).collect(),
            gradient,
            clip: self.clip,
        }
    }

    pub(super) fn tiles(&self) -> Vec<Tile> {
        let size = self.parameter.size();
        Tile::all([size[0], size[1]], self.parameter.device()) // a matrix
    }

    /// Moves one tile. The rooms are flat and have at least its elements.
    pub(super) fn step(&self, tile: Tile, step: Step<'_>, rooms: &[Tensor; 2]) -> Result<(), Error> {
        let [clipped, room] = [tile.in_room(&rooms[0])?, tile.in_room(&rooms[1])?];
        let whole;
        let gradient = match &self.gradient {
            Matrix::Whole(values) => {
                whole = tile.of(values)?;
                self.clip.apply(&whole, &clipped)?
            }
            Matrix::Product([slope, input]) => {
                let mut product = tile.rows_of(slope)?.f_mm_out(&clipped, &tile.columns_of(input)?)?;
                if let Clip::Cut(limit) = self.clip {
                    let _ = product.f_clamp_(-limit, limit)?;
                }
                &clipped
            }
        };
        let piece = Piece {
            parameter: &mut tile.of(&self.parameter)?,
            gradient,
            state: &mut self.state.iter().map(|state| tile.of(state)).collect::<Result<Vec<_>, Error>>()?,
            room: &room,
            other_room: &clipped,
        };
        step.rule.step(piece, step.rate, step.number)
    }
}
