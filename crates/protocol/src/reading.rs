//! How a head turns a feature map into a vector, and where it applies dropout.

use serde::{Deserialize, Serialize};

use crate::{HeadTensor, Initial, Recurrence, Role};

/// The step from a feature map to the vector that the dense layers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reading {
    /// Hidden states of recurrent layers: at all steps, `H·W·width` values, or at the last one, `width` values, where
    /// `width` is the number of units of all directions.
    Recurrent(Recurrence),
    /// The mean over the grid, weighted by attention: `C` values. Each place x has the weight softmax(w·tanh(V x + b))
    /// (Ilse et al., ICML 2018, equation 8; their program has the bias).
    Attention {
        /// Number of rows of V.
        units: i64,
    },
    /// The map itself, row by row, channels last (as Keras flattens): `H·W·C` values. Baseline of VGG19.
    Flatten,
    /// The mean over the grid: `C` values. Baseline of the other networks.
    GlobalAverage,
}

/// The tensors of attention over a map with `channels` channels. A bias of the score would cancel in the softmax.
pub(crate) fn attention(units: i64, channels: i64) -> [HeadTensor; 3] {
    let weight = |inputs, outputs| Initial::GlorotUniform { inputs, outputs };
    [
        HeadTensor::new(
            "attention.hidden.weight",
            &[units, channels],
            weight(channels, units),
            Role::Trained,
        ),
        HeadTensor::new("attention.hidden.bias", &[units], Initial::Zeros, Role::Trained),
        HeadTensor::new("attention.score.weight", &[1, units], weight(units, 1), Role::Trained),
    ]
}

/// Inverted dropout: training zeroes values with probability `rate` and scales the rest by 1 / (1 - rate).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Probability, 0 to below 1.
    pub rate: f64,
    /// Place in the head.
    pub place: DropoutPlace,
}

/// The places where a head applies dropout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DropoutPlace {
    /// Input of the dense layers: the hidden states, the flattened map or its mean, weighted or not.
    AfterReading,
    /// Output of every hidden dense layer.
    AfterDense,
    /// Both.
    Everywhere,
}
