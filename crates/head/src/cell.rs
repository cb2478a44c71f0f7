//! Runs recurrent cells over sequences: from `[N, T, C]` to the hidden state at every step, `[N, T, units]`.
//!
//! [`Cell`] defines the equations and the tensors. Gates are in libtorch's order i, f, g, o.

use radiograph_protocol::{Cell, OutputGate};
use tch::{Kind, Tensor};

use crate::{Error, Parameters};

/// A cell with its tensors.
#[derive(Debug)]
pub(crate) struct Recurrent {
    cell: Cell,
    units: i64,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    /// `[3·units]`: weights of the cell state in the gates i, f and o.
    weight_ch: Option<Tensor>,
}

impl Recurrent {
    pub(crate) fn new(cell: Cell, units: i64, parameters: &Parameters) -> Result<Self, Error> {
        let handle = |tensor: &str| parameters.handle(&cell.tensor_name(tensor));
        Ok(Self {
            cell,
            units,
            weight_ih: handle("weight_ih")?,
            weight_hh: handle("weight_hh")?,
            bias_ih: handle("bias_ih")?,
            bias_hh: handle("bias_hh")?,
            weight_ch: match cell {
                Cell::LstmPeephole { .. } => Some(handle("weight_ch")?),
                _ => None,
            },
        })
    }

    /// Computes `[N, T, units]` from `[N, T, C]`, starting with a state of zeros.
    pub(crate) fn forward(&self, sequence: &Tensor) -> Result<Tensor, Error> {
        match self.cell {
            Cell::Lstm | Cell::Simple => self.library(sequence),
            Cell::LstmPeephole { output_gate } => {
                self.stepwise(sequence, Tensor::f_tanh, self.weight_ch.as_ref(), output_gate)
            }
            Cell::LstmReluFrozen => self.stepwise(sequence, Tensor::f_relu, None, OutputGate::default()),
        }
    }

    fn zeros(&self, sequence: &Tensor) -> Result<Tensor, Error> {
        Ok(Tensor::f_zeros([sequence.size()[0], self.units], (Kind::Float, sequence.device()))?)
    }

    fn library(&self, sequence: &Tensor) -> Result<Tensor, Error> {
        let parameters = [&self.weight_ih, &self.weight_hh, &self.bias_ih, &self.bias_hh];
        let state = self.zeros(sequence)?.f_unsqueeze(0)?;
        // `train` is always on: with one layer it drops nothing, and without it cuDNN refuses the backward pass that
        // explanations need in evaluation mode.
        let (layers, dropout, train, bidirectional, batch_first) = (1, 0.0, true, false, true);
        Ok(if self.cell == Cell::Simple {
            let (output, _) = sequence.f_rnn_tanh(
                &state,
                &parameters,
                true,
                layers,
                dropout,
                train,
                bidirectional,
                batch_first,
            )?;
            output
        } else {
            let (output, _, _) = sequence.f_lstm(
                &[&state, &state],
                &parameters,
                true,
                layers,
                dropout,
                train,
                bidirectional,
                batch_first,
            )?;
            output
        })
    }

    /// Step by step, for cells without a kernel in libtorch.
    fn stepwise(
        &self,
        sequence: &Tensor,
        activation: fn(&Tensor) -> Result<Tensor, tch::TchError>,
        peephole: Option<&Tensor>,
        output_gate: OutputGate,
    ) -> Result<Tensor, Error> {
        let bias = self.bias_ih.f_add(&self.bias_hh)?;
        let inputs = sequence.f_linear(&self.weight_ih, Some(&bias))?; // [N, T, 4·units]
        let transposed = self.weight_hh.f_transpose(0, 1)?;
        let peepholes = peephole.map(|weight| weight.f_view([3, self.units])?.f_unbind(0)).transpose()?;
        let (mut hidden, mut state) = (self.zeros(sequence)?, self.zeros(sequence)?);
        let mut outputs = Vec::new();
        for input in inputs.f_unbind(1)? {
            let gates = input.f_add(&hidden.f_matmul(&transposed)?)?.f_chunk(4, 1)?;
            let seen = |gate: &Tensor, which: usize, state: &Tensor| match &peepholes {
                Some(weights) => gate.f_add(&weights[which].f_mul(state)?),
                None => Ok(gate.shallow_clone()),
            };
            let write = seen(&gates[0], 0, &state)?.f_sigmoid()?;
            let forget = seen(&gates[1], 1, &state)?.f_sigmoid()?;
            let next = forget.f_mul(&state)?.f_add(&write.f_mul(&activation(&gates[2])?)?)?;
            let read = match output_gate {
                OutputGate::PreviousState => seen(&gates[3], 2, &state)?,
                OutputGate::CurrentState => seen(&gates[3], 2, &next)?,
            };
            hidden = read.f_sigmoid()?.f_mul(&activation(&next)?)?;
            state = next;
            outputs.push(hidden.shallow_clone());
        }
        Ok(Tensor::f_stack(&outputs, 1)?)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn cell(cell: Cell) -> (Parameters, Recurrent) {
        let parameters = Parameters::initialise(&cell.layout(5, 4), 11, Device::Cpu).unwrap();
        let recurrent = Recurrent::new(cell, 4, &parameters).unwrap();
        (parameters, recurrent)
    }

    fn sequence() -> Tensor {
        Tensor::arange(2 * 6 * 5, tch::kind::FLOAT_CPU).view([2, 6, 5]).sin()
    }

    /// Equations 1 to 8 and the two variants, written out in f64 for one sample, without tensors.
    fn by_hand(which: Cell, parameters: &Parameters, sequence: &Tensor) -> Vec<f64> {
        let values = |name: &str| {
            let tensor = &parameters.iter().find(|entry| entry.name().contains(name)).unwrap().tensor();
            Vec::<f64>::try_from(tensor.to_kind(Kind::Double).view([-1])).unwrap()
        };
        let (w, u, b) = (values("weight_ih"), values("weight_hh"), values("bias_ih"));
        let v = if matches!(which, Cell::LstmPeephole { .. }) { values("weight_ch") } else { vec![0.0; 12] };
        let relu = which == Cell::LstmReluFrozen;
        let act = |x: f64| if relu { x.max(0.0) } else { x.tanh() };
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let x = Vec::<f64>::try_from(sequence.get(1).to_kind(Kind::Double).view([-1])).unwrap();
        let (mut h, mut c, mut out) = (vec![0.0; 4], vec![0.0; 4], Vec::new());
        for t in 0..6 {
            let row = |r: usize| {
                let input: f64 = (0..5).map(|k| w[r * 5 + k] * x[t * 5 + k]).sum();
                let recurrent: f64 = (0..4).map(|k| u[r * 4 + k] * h[k]).sum();
                input + recurrent + b[r]
            };
            let (mut next_h, mut next_c) = (vec![0.0; 4], c.clone());
            for j in 0..4 {
                if which == Cell::Simple {
                    next_h[j] = row(j).tanh();
                    continue;
                }
                let i = sigmoid(row(j) + v[j] * c[j]);
                let f = sigmoid(row(4 + j) + v[4 + j] * c[j]);
                next_c[j] = f * c[j] + i * act(row(8 + j));
                let seen = match which {
                    Cell::LstmPeephole { output_gate: OutputGate::CurrentState } => next_c[j],
                    _ => c[j],
                };
                next_h[j] = sigmoid(row(12 + j) + v[8 + j] * seen) * act(next_c[j]);
            }
            (h, c) = (next_h, next_c);
            out.extend(&h);
        }
        out
    }

    #[test]
    fn every_cell_computes_its_equations() {
        let cells = [
            Cell::Lstm,
            Cell::LstmPeephole { output_gate: OutputGate::PreviousState },
            Cell::LstmPeephole { output_gate: OutputGate::CurrentState },
            Cell::LstmReluFrozen,
            Cell::Simple,
        ];
        for which in cells {
            let (parameters, recurrent) = cell(which);
            let output = recurrent.forward(&sequence()).unwrap();
            assert_eq!(output.size(), [2, 6, 4]);
            let got = Vec::<f64>::try_from(output.get(1).to_kind(Kind::Double).view([-1])).unwrap();
            for (got, expected) in got.iter().zip(by_hand(which, &parameters, &sequence())) {
                assert!((got - expected).abs() < 1e-6, "{which:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_frozen_cell_still_passes_gradients_on() {
        let (_, recurrent) = cell(Cell::LstmReluFrozen);
        let input = sequence().set_requires_grad(true);
        let output = recurrent.forward(&input).unwrap().sum(Kind::Float);
        let gradient = Tensor::run_backward(&[output], &[&input], false, false).remove(0);
        assert!(gradient.abs().sum(Kind::Float).double_value(&[]) > 0.0);
        assert!(!recurrent.weight_ih.requires_grad());
    }
}
