//! Rounds a layer's parameters to the number format in which it computes.

use radiograph_features::Arithmetic;
use tch::{Kind, TchError};

use super::layers::Layer;
use crate::{
    layer::{BatchNorm, Convolution, Dense, LayerNorm, Positions},
    parameter::Parameter,
};

/// libtorch's name of a number format.
pub(crate) fn kind_of(arithmetic: Arithmetic) -> Kind {
    match arithmetic {
        Arithmetic::Bf16 => Kind::BFloat16,
        Arithmetic::F16 => Kind::Half,
        // The enum may grow; a new format needs its line here.
        _ => Kind::Float,
    }
}

impl Layer {
    /// The layer with parameters of this kind. Layers are merged before, in f64, so that each value is rounded as late as
    /// possible.
    pub(super) fn of_kind(self, kind: Kind) -> Result<Self, TchError> {
        let round = |parameter: &Parameter| parameter.f_to_kind(kind).map(Parameter::from);
        let round_if = |parameter: &Option<Parameter>| parameter.as_ref().map(round).transpose();
        Ok(match self {
            Self::Affine { scale, shift } => Self::Affine { scale: round(&scale)?, shift: round(&shift)? },
            Self::Convolution(Convolution { weight, bias, window, groups }) => {
                let (weight, bias) = (round(&weight)?, round_if(&bias)?);
                Self::Convolution(Convolution { weight, bias, window, groups })
            }
            Self::BatchNorm(BatchNorm { weight, bias, mean, variance, epsilon }) => {
                let [weight, bias] = [round(&weight)?, round(&bias)?];
                let [mean, variance] = [round(&mean)?, round(&variance)?];
                Self::BatchNorm(BatchNorm { weight, bias, mean, variance, epsilon })
            }
            Self::PoolThenBias { window, counts_padding, bias } => {
                Self::PoolThenBias { window, counts_padding, bias: round_if(&bias)? }
            }
            Self::LayerScale(factor) => Self::LayerScale(round(&factor)?),
            Self::LayerNorm(LayerNorm { weight, bias, channels, epsilon }) => {
                let (weight, bias) = (round(&weight)?, round(&bias)?);
                Self::LayerNorm(LayerNorm { weight, bias, channels, epsilon })
            }
            Self::Linear(Dense { weight, bias }) => {
                Self::Linear(Dense { weight: round(&weight)?, bias: round(&bias)? })
            }
            Self::ClassToken(token) => Self::ClassToken(round(&token)?),
            Self::Positions(Positions { values, grid }) => {
                Self::Positions(Positions { values: round(&values)?, grid })
            }
            Self::Input
            // Plans in another arithmetic than f32 have no gates.
            | Self::Gate(_)
            | Self::Relu
            | Self::Gelu
            | Self::MaxPool(_)
            | Self::AveragePool { .. }
            | Self::GlobalAverage
            | Self::AdaptiveAverage { .. }
            | Self::Flatten
            | Self::Concatenate
            | Self::Begin { .. }
            | Self::Extend { .. }
            | Self::Add
            | Self::Scale(_)
            | Self::Tokens
            | Self::Cells { .. }
            | Self::Attention { .. }
            | Self::Absorbed => self,
        })
    }
}
