//! How a head turns a feature map into a vector, and where it applies dropout.

use serde::{Deserialize, Serialize};

use crate::{Cell, SequenceOrder};

/// The step from a feature map to the vector that the dense layers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Hidden states of a recurrent cell at all steps, concatenated: `H·W·units` values.
    Recurrent {
        /// Order in which the cells of the map are read.
        order: SequenceOrder,
        /// Recurrent cell.
        cell: Cell,
        /// Length of the hidden state.
        units: i64,
    },
    /// The map itself, row by row, channels last (as Keras flattens): `H·W·C` values. Baseline of VGG19.
    Flatten,
    /// The mean over the grid: `C` values. Baseline of the other networks.
    GlobalAverage,
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
pub enum DropoutPlace {
    /// Input of the dense layers: the hidden states, the flattened map or its mean.
    AfterReading,
    /// Output of every hidden dense layer.
    AfterDense,
    /// Both.
    Everywhere,
}
