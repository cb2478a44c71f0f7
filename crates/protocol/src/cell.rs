//! Defines recurrent cells by name and by the tensors they need. `radiograph-head` computes with them.
//!
//! Equation numbers are those of Al-Rakhami et al. Weights have libtorch's layout: `weight_ih_l0 [gates·units, C]`,
//! `weight_hh_l0 [gates·units, units]`. The gates of an LSTM are in libtorch's order i, f, g, o, which is also Keras's
//! (i, f, c, o). Those of a GRU are in libtorch's order r, z, n; Keras has z, r, h.

use serde::{Deserialize, Serialize};

use crate::{HeadTensor, Initial, Role};

/// A recurrent cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cell {
    /// The usual LSTM: no peepholes, tanh.
    #[default]
    Lstm,
    /// Equations 3 to 8: each gate also sees the cell state through a diagonal matrix.
    LstmPeephole {
        /// Cell state that the output gate sees.
        output_gate: OutputGate,
    },
    /// The released code's LSTM: ReLU instead of tanh, and never trained.
    LstmReluFrozen,
    /// Gated recurrent unit (Cho et al., 2014) whose reset gate multiplies the recurrent product with its bias, as in
    /// PyTorch and in Keras with `reset_after`: n_t = tanh(W x_t + b + r_t ⊙ (U h_{t-1} + b')), h_t = (1 - z_t) ⊙ n_t +
    /// z_t ⊙ h_{t-1}.
    Gru,
    /// Equations 1 and 2: h_t = tanh(W x_t + U h_{t-1} + b).
    Simple,
}

/// The cell state that a peephole LSTM's output gate sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OutputGate {
    /// c_{t-1}, as equation 5 is printed.
    #[default]
    PreviousState,
    /// c_t, as peepholes were defined (Gers and Schmidhuber, 2000).
    CurrentState,
}

impl Cell {
    /// The first part of the names of its tensors: `lstm`, `gru` or `rnn`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Lstm | Self::LstmPeephole { .. } | Self::LstmReluFrozen => "lstm",
            Self::Gru => "gru",
            Self::Simple => "rnn",
        }
    }

    /// The first part of the names of the batch normalisation after it. Models with a simple cell have always had the
    /// LSTM's.
    pub const fn norm_prefix(self) -> &'static str {
        if matches!(self, Self::Gru) { "gru_norm" } else { "lstm_norm" }
    }

    /// The tensors of a cell that reads `inputs` values at each step, named by `name`, which turns `weight_ih` into a
    /// full name.
    pub(crate) fn layout(self, inputs: i64, units: i64, name: impl Fn(&str) -> String) -> Vec<HeadTensor> {
        let (gates, bias) = match self {
            Self::Simple => (1, Initial::Zeros),
            Self::Gru => (3, Initial::Zeros),
            Self::Lstm | Self::LstmPeephole { .. } | Self::LstmReluFrozen => (4, Initial::ForgetGateOne),
        };
        let role = if self == Self::LstmReluFrozen { Role::Frozen } else { Role::Trained };
        // One trained bias for each gate, as in Keras; libtorch adds two. The second bias of a GRU's candidate is
        // another parameter, because the reset gate multiplies it, and both libraries train it.
        let second_bias = if self == Self::Gru { Role::Trained } else { Role::Frozen };
        let rows = gates * units;
        let weight = Initial::GlorotUniform { inputs, outputs: rows };
        let mut tensors = vec![
            HeadTensor::new(name("weight_ih"), &[rows, inputs], weight, role),
            HeadTensor::new(name("weight_hh"), &[rows, units], Initial::Orthogonal, role),
            HeadTensor::new(name("bias_ih"), &[rows], bias, role),
            HeadTensor::new(name("bias_hh"), &[rows], Initial::Zeros, second_bias),
        ];
        if matches!(self, Self::LstmPeephole { .. }) {
            let initial = Initial::GlorotUniform { inputs: units, outputs: units };
            tensors.push(HeadTensor::new(name("weight_ch"), &[3 * units], initial, role));
        }
        tensors
    }
}
