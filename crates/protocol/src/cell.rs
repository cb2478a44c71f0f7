//! Defines recurrent cells by name and by the tensors they need. `radiograph-head` computes with them.
//!
//! Equation numbers are those of Al-Rakhami et al. Gates are in libtorch's order i, f, g, o, which is also Keras's (i,
//! f, c, o). Weights have libtorch's layout: `weight_ih_l0 [gates·units, C]`, `weight_hh_l0 [gates·units, units]`.

use serde::{Deserialize, Serialize};

use crate::{HeadTensor, Initial, Role};

/// A recurrent cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Equations 1 and 2: h_t = tanh(W x_t + U h_{t-1} + b).
    Simple,
}

/// The cell state that a peephole LSTM's output gate sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputGate {
    /// c_{t-1}, as equation 5 is printed.
    #[default]
    PreviousState,
    /// c_t, as peepholes were defined (Gers and Schmidhuber, 2000).
    CurrentState,
}

impl Cell {
    /// The full name of one of its tensors: `weight_ih` becomes `lstm.weight_ih_l0`.
    pub fn tensor_name(self, tensor: &str) -> String {
        let prefix = if self == Self::Simple { "rnn" } else { "lstm" };
        format!("{prefix}.{tensor}_l0")
    }

    /// The tensors of a cell that reads `channels` values at each step.
    pub fn layout(self, channels: i64, units: i64) -> Vec<HeadTensor> {
        let (gates, bias) = match self {
            Self::Simple => (1, Initial::Zeros),
            _ => (4, Initial::ForgetGateOne),
        };
        let role = if self == Self::LstmReluFrozen { Role::Frozen } else { Role::Trained };
        let rows = gates * units;
        let mut tensors = vec![
            HeadTensor::new(
                self.tensor_name("weight_ih"),
                &[rows, channels],
                Initial::GlorotUniform { inputs: channels, outputs: rows },
                role,
            ),
            HeadTensor::new(self.tensor_name("weight_hh"), &[rows, units], Initial::Orthogonal, role),
            HeadTensor::new(self.tensor_name("bias_ih"), &[rows], bias, role),
            // One trained bias for each gate, as in Keras; libtorch adds two.
            HeadTensor::new(self.tensor_name("bias_hh"), &[rows], Initial::Zeros, Role::Frozen),
        ];
        if matches!(self, Self::LstmPeephole { .. }) {
            let initial = Initial::GlorotUniform { inputs: units, outputs: units };
            tensors.push(HeadTensor::new(self.tensor_name("weight_ch"), &[3 * units], initial, role));
        }
        tensors
    }
}
