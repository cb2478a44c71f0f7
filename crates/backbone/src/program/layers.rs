//! The layers of a program, and what each computes from the values that it reads.

use radiograph_weights::graph::Window;
use tch::{TchError, Tensor};

use crate::{
    layer::{
        BatchNorm, Convolution, Dense, Gate, LayerNorm, Positions, attention, average_pool, cells, max_pool,
        tokens,
    },
    parameter::Parameter,
};

/// A step with its parameters.
#[derive(Clone, Debug)]
#[allow(clippy::enum_variant_names, reason = "layer norm and layer scale are called so")]
pub(super) enum Layer {
    Input,
    Affine { scale: Parameter, shift: Parameter },
    Convolution(Convolution),
    BatchNorm(BatchNorm),
    Gate(Gate),
    Relu,
    Gelu,
    MaxPool(Window),
    AveragePool { window: Window, counts_padding: bool },
    PoolThenBias { window: Window, counts_padding: bool, bias: Option<Parameter> },
    GlobalAverage,
    AdaptiveAverage { side: i64 },
    Flatten,
    Concatenate,
    Begin { channels: i64 },
    Extend { begin: usize, filled: i64, last: bool },
    Add,
    Scale(f64),
    LayerScale(Parameter),
    LayerNorm(LayerNorm),
    Linear(Dense),
    Tokens,
    Cells { skipped: i64 },
    ClassToken(Parameter),
    Positions(Positions),
    Attention { heads: i64 },
    Absorbed,
}

/// The values that a step reads.
pub(super) struct Pass<'a> {
    /// Input of the network.
    pub(super) input: &'a Tensor,
    pub(super) read: &'a [&'a Tensor],
    /// Whether each of them may be overwritten.
    pub(super) overwritable: &'a [bool],
    /// Rooms of growing concatenations, by the place of their first.
    pub(super) rooms: &'a mut [Option<Tensor>],
}

impl Layer {
    pub(super) fn forward(&self, place: usize, pass: Pass<'_>) -> Result<Tensor, TchError> {
        let Pass { input, read, overwritable, rooms } = pass;
        let first = || read.first().copied().ok_or_else(|| missing("nothing to read"));
        let second = || read.get(1).copied().ok_or_else(|| missing("one value to read instead of two"));
        match self {
            Self::Input => Ok(input.shallow_clone()),
            Self::Affine { scale, shift } => first()?.f_mul(scale)?.f_add(shift),
            Self::Convolution(layer) => layer.forward(first()?),
            Self::BatchNorm(layer) => layer.forward(first()?),
            Self::Gate(gate) => gate.forward(first()?),
            Self::Relu if overwritable == [true] => first()?.shallow_clone().f_relu_(),
            Self::Relu => first()?.f_relu(),
            Self::Gelu => first()?.f_gelu("none"),
            Self::MaxPool(window) => max_pool(first()?, *window),
            Self::AveragePool { window, counts_padding } => average_pool(first()?, *window, *counts_padding),
            Self::PoolThenBias { window, counts_padding, bias } => {
                let mut pooled = average_pool(first()?, *window, *counts_padding)?;
                match bias {
                    Some(bias) => pooled.f_add_(&bias.f_view([1, -1, 1, 1])?),
                    None => Ok(pooled),
                }
            }
            Self::GlobalAverage => {
                let map = first()?;
                map.f_mean_dim([2_i64, 3].as_slice(), false, map.kind())
            }
            Self::AdaptiveAverage { side } => first()?.f_adaptive_avg_pool2d([*side, *side]),
            Self::Flatten => first()?.f_flatten(1, -1),
            Self::Concatenate => Tensor::f_cat(read, 1),
            Self::Begin { channels } => {
                let room = room(first()?, *channels)?;
                let mut filled = 0;
                for map in read {
                    let width = map.size4()?.1;
                    room.f_narrow(1, filled, width)?.f_copy_(map)?;
                    filled += width;
                }
                let value = room.f_narrow(1, 0, filled)?;
                rooms[place] = Some(room);
                Ok(value)
            }
            Self::Extend { begin, filled, last } => {
                let new = second()?;
                let width = new.size4()?.1;
                let room = if *last {
                    rooms[*begin].take()
                } else {
                    rooms[*begin].as_ref().map(Tensor::shallow_clone)
                };
                let room = room.ok_or_else(|| missing("no room for more channels"))?;
                room.f_narrow(1, *filled, width)?.f_copy_(new)?;
                if *last { Ok(room) } else { room.f_narrow(1, 0, filled + width) }
            }
            Self::Add => match overwritable {
                [true, _] => first()?.shallow_clone().f_add_(second()?),
                [_, true] => second()?.shallow_clone().f_add_(first()?),
                _ => first()?.f_add(second()?),
            },
            Self::Scale(factor) => first()?.f_mul_scalar(*factor),
            Self::LayerScale(factor) => {
                let value = first()?;
                if value.dim() == 4 {
                    value.f_mul(&factor.f_view([1, -1, 1, 1])?)
                } else {
                    value.f_mul(factor)
                }
            }
            Self::LayerNorm(layer) => layer.forward(first()?),
            Self::Linear(layer) => layer.forward(first()?),
            Self::Tokens => tokens(first()?),
            Self::Cells { skipped } => {
                let (_, _, rows, columns) = second()?.size4()?;
                cells(first()?, *skipped, [rows, columns])
            }
            Self::ClassToken(token) => {
                let rest = first()?;
                let (count, _, channels) = rest.size3()?;
                Tensor::f_cat(&[&token.f_expand([count, 1, channels], false)?, rest], 1)
            }
            Self::Positions(positions) => {
                let (_, _, rows, columns) = second()?.size4()?;
                positions.forward(first()?, [rows, columns])
            }
            Self::Attention { heads } => attention(first()?, *heads),
            Self::Absorbed => Err(missing("no value of its own")),
        }
    }
}

/// Room for all channels of a growing concatenation, in the layout of its first map, which its strides show.
fn room(like: &Tensor, channels: i64) -> Result<Tensor, TchError> {
    let (images, _, rows, columns) = like.size4()?;
    let options = (like.kind(), like.device());
    if like.stride().get(1) == Some(&1) {
        Tensor::f_empty([images, rows, columns, channels], options)?.f_permute([0, 3, 1, 2])
    } else {
        Tensor::f_empty([images, channels, rows, columns], options)
    }
}

fn missing(what: &str) -> TchError {
    TchError::Shape(format!("a step of the network has {what}"))
}
