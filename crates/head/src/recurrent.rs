//! Runs recurrent layers over sequences: from `[N, T, C]` to the hidden states at every step, `[N, T, width]`.
//!
//! [`Cell`] defines the equations and the tensors. An LSTM's gates are in libtorch's order i, f, g, o.

use radiograph_protocol::{Cell, OutputGate, Recurrence, States};
use tch::{Kind, Tensor};

use crate::{Error, Parameters};

/// Recurrent layers with their tensors.
#[derive(Debug)]
pub(crate) struct Recurrent {
    recurrence: Recurrence,
    /// In the order of [`Recurrence::directions`].
    directions: Vec<Direction>,
}

/// The tensors of one direction of one layer.
#[derive(Debug)]
struct Direction {
    reverse: bool,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    /// `[3·units]`: weights of the cell state in the gates i, f and o.
    weight_ch: Option<Tensor>,
}

impl Recurrent {
    pub(crate) fn new(recurrence: Recurrence, parameters: &Parameters) -> Result<Self, Error> {
        let direction = |direction: radiograph_protocol::Direction| {
            let handle = |tensor: &str| parameters.handle(&recurrence.tensor_name(tensor, direction));
            Ok(Direction {
                reverse: direction.reverse,
                weight_ih: handle("weight_ih")?,
                weight_hh: handle("weight_hh")?,
                bias_ih: handle("bias_ih")?,
                bias_hh: handle("bias_hh")?,
                weight_ch: match recurrence.cell {
                    Cell::LstmPeephole { .. } => Some(handle("weight_ch")?),
                    _ => None,
                },
            })
        };
        let directions = recurrence.directions().into_iter().map(direction).collect::<Result<_, Error>>()?;
        Ok(Self { recurrence, directions })
    }

    pub(crate) fn recurrence(&self) -> Recurrence {
        self.recurrence
    }

    /// Computes `[N, T, width]` from `[N, T, C]`, starting with states of zeros.
    pub(crate) fn forward(&self, sequence: &Tensor) -> Result<Tensor, Error> {
        match self.recurrence.cell {
            Cell::Lstm | Cell::Gru | Cell::Simple => self.library(sequence),
            Cell::LstmPeephole { output_gate } => self.stepwise(sequence, Tensor::f_tanh, output_gate),
            Cell::LstmReluFrozen => self.stepwise(sequence, Tensor::f_relu, OutputGate::default()),
            other => Err(Error::setting("the recurrent cell", format!("{other:?}"), "choose another one")),
        }
    }

    /// The states `[N, …]` that the dense layers see, of all states `[N, T, width]`.
    pub(crate) fn handed_on(&self, states: &Tensor) -> Result<Tensor, Error> {
        let Recurrence { units, bidirectional, .. } = self.recurrence;
        match self.recurrence.states {
            States::All => Ok(states.shallow_clone()),
            States::Last if bidirectional => {
                let forwards = states.f_narrow(2, 0, units)?.f_select(1, -1)?;
                let backwards = states.f_narrow(2, units, units)?.f_select(1, 0)?;
                Ok(Tensor::f_cat(&[forwards, backwards], 1)?)
            }
            States::Last => Ok(states.f_select(1, -1)?),
            other => Err(Error::setting("the states", format!("{other:?}"), "choose all or the last one")),
        }
    }

    fn zeros(&self, sequence: &Tensor, states: &[i64]) -> Result<Tensor, Error> {
        let size = [states, &[sequence.size()[0], self.recurrence.units]].concat();
        Ok(Tensor::f_zeros(size.as_slice(), (Kind::Float, sequence.device()))?)
    }

    fn library(&self, sequence: &Tensor) -> Result<Tensor, Error> {
        let Recurrence { cell, layers, bidirectional, .. } = self.recurrence;
        let of = |direction: &Direction| {
            let Direction { weight_ih, weight_hh, bias_ih, bias_hh, .. } = direction;
            [weight_ih, weight_hh, bias_ih, bias_hh].map(Tensor::shallow_clone)
        };
        let parameters: Vec<Tensor> = self.directions.iter().flat_map(of).collect();
        let state = self.zeros(sequence, &[self.directions.len() as i64])?;
        // `train` is always on: without dropout it changes nothing, and without it cuDNN refuses the backward pass that
        // explanations need in evaluation mode.
        let (biases, dropout, train, batch_first) = (true, 0.0, true, true);
        Ok(match cell {
            Cell::Simple => {
                sequence
                    .f_rnn_tanh(
                        &state,
                        &parameters,
                        biases,
                        layers,
                        dropout,
                        train,
                        bidirectional,
                        batch_first,
                    )?
                    .0
            }
            Cell::Gru => {
                sequence
                    .f_gru(&state, &parameters, biases, layers, dropout, train, bidirectional, batch_first)?
                    .0
            }
            _ => {
                let states = [state.shallow_clone(), state];
                sequence
                    .f_lstm(&states, &parameters, biases, layers, dropout, train, bidirectional, batch_first)?
                    .0
            }
        })
    }

    /// Step by step, for cells without a kernel in libtorch.
    fn stepwise(
        &self,
        sequence: &Tensor,
        activation: fn(&Tensor) -> Result<Tensor, tch::TchError>,
        output_gate: OutputGate,
    ) -> Result<Tensor, Error> {
        let mut values = sequence.shallow_clone();
        let per_layer = if self.recurrence.bidirectional { 2 } else { 1 };
        for layer in self.directions.chunks(per_layer) {
            let read = |direction: &Direction| match direction.reverse {
                false => self.steps(direction, &values, activation, output_gate),
                true => {
                    let states = self.steps(direction, &values.f_flip([1])?, activation, output_gate)?;
                    Ok(states.f_flip([1])?)
                }
            };
            let states = layer.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
            values = Tensor::f_cat(&states, 2)?;
        }
        Ok(values)
    }

    /// One direction of one layer, forwards over `[N, T, C]`.
    fn steps(
        &self,
        direction: &Direction,
        sequence: &Tensor,
        activation: fn(&Tensor) -> Result<Tensor, tch::TchError>,
        output_gate: OutputGate,
    ) -> Result<Tensor, Error> {
        let Direction { weight_ih, weight_hh, bias_ih, bias_hh, weight_ch, .. } = direction;
        let bias = bias_ih.f_add(bias_hh)?;
        let inputs = sequence.f_linear(weight_ih, Some(&bias))?; // [N, T, 4·units]
        let transposed = weight_hh.f_transpose(0, 1)?;
        let rows = |weight: &Tensor| weight.f_view([3, self.recurrence.units])?.f_unbind(0);
        let peepholes = weight_ch.as_ref().map(rows).transpose()?;
        let (mut hidden, mut state) = (self.zeros(sequence, &[])?, self.zeros(sequence, &[])?);
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
            let known = if output_gate == OutputGate::CurrentState { &next } else { &state };
            let read = seen(&gates[3], 2, known)?;
            hidden = read.f_sigmoid()?.f_mul(&activation(&next)?)?;
            state = next;
            outputs.push(hidden.shallow_clone());
        }
        Ok(Tensor::f_stack(&outputs, 1)?)
    }
}

#[cfg(test)]
mod tests {
    use radiograph_protocol::SequenceOrder;

    use super::*;

    const CELLS: [Cell; 6] = [
        Cell::Lstm,
        Cell::LstmPeephole { output_gate: OutputGate::PreviousState },
        Cell::LstmPeephole { output_gate: OutputGate::CurrentState },
        Cell::LstmReluFrozen,
        Cell::Gru,
        Cell::Simple,
    ];

    /// Layers of 4 units on 5 channels. No bias is zero, so that each is seen where it belongs.
    fn recurrent(layers: i64, bidirectional: bool, cell: Cell) -> (Parameters, Recurrent) {
        let recurrence =
            Recurrence { layers, bidirectional, ..Recurrence::new(SequenceOrder::Horizontal, cell, 4) };
        let parameters =
            Parameters::new(&recurrence.layout(5), 11, radiograph_libtorch::Device::CPU).unwrap();
        for (number, bias) in (1..).zip(parameters.iter().filter(|entry| entry.name().contains("bias"))) {
            let values = Tensor::arange(bias.tensor().numel() as i64, tch::kind::FLOAT_CPU);
            parameters.set(bias.name(), &((values + number).cos() * 0.5)).unwrap();
        }
        let recurrent = Recurrent::new(recurrence, &parameters).unwrap();
        (parameters, recurrent)
    }

    fn sequence() -> Tensor {
        Tensor::arange(2 * 6 * 5, tch::kind::FLOAT_CPU).view([2, 6, 5]).sin()
    }

    fn values(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.to_kind(Kind::Double).contiguous().view([-1])).unwrap()
    }

    /// The equations of every cell, written out in f64 for one sample `x [6][inputs]`, without tensors.
    fn by_hand(which: Cell, parameters: &Parameters, place: &str, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let values = |name: &str| {
            values(parameters.named(&format!("{}.{name}_{place}", which.prefix())).unwrap().tensor())
        };
        let (w, u) = (values("weight_ih"), values("weight_hh"));
        let (b, b2) = (values("bias_ih"), values("bias_hh"));
        let v = if matches!(which, Cell::LstmPeephole { .. }) { values("weight_ch") } else { vec![0.0; 12] };
        let act = |x: f64| if which == Cell::LstmReluFrozen { x.max(0.0) } else { x.tanh() };
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut h, mut c, mut out) = (vec![0.0; 4], vec![0.0; 4], Vec::new());
        for input in x {
            let from = |matrix: &[f64], r: usize, values: &[f64]| -> f64 {
                values.iter().enumerate().map(|(k, value)| matrix[r * values.len() + k] * value).sum()
            };
            let read = |r: usize| from(&w, r, input) + b[r];
            let recurrent = |r: usize| from(&u, r, &h) + b2[r];
            let row = |r: usize| read(r) + recurrent(r);
            let (mut next_h, mut next_c) = (vec![0.0; 4], c.clone());
            for j in 0..4 {
                if which == Cell::Simple {
                    next_h[j] = row(j).tanh();
                    continue;
                }
                if which == Cell::Gru {
                    let (reset, update) = (sigmoid(row(j)), sigmoid(row(4 + j)));
                    let candidate = (read(8 + j) + reset * recurrent(8 + j)).tanh();
                    next_h[j] = (1.0 - update) * candidate + update * h[j];
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
            out.push(h.clone());
        }
        out
    }

    /// All layers and directions of one sample, by hand.
    fn layers_by_hand(which: Cell, layers: i64, both: bool, parameters: &Parameters) -> Vec<Vec<f64>> {
        let mut x: Vec<Vec<f64>> = values(&sequence().get(1)).chunks(5).map(<[f64]>::to_vec).collect();
        for layer in 0..layers {
            let forwards = by_hand(which, parameters, &format!("l{layer}"), &x);
            let backwards = both.then(|| {
                x.reverse();
                let mut states = by_hand(which, parameters, &format!("l{layer}_reverse"), &x);
                states.reverse();
                states
            });
            x = match backwards {
                Some(states) => forwards.iter().zip(&states).map(|(a, b)| [&a[..], b].concat()).collect(),
                None => forwards,
            };
        }
        x
    }

    #[test]
    fn every_cell_computes_its_equations_in_every_layer_and_direction() {
        for which in CELLS {
            for (layers, both) in [(1, false), (2, false), (1, true), (3, true)] {
                let (parameters, recurrent) = recurrent(layers, both, which);
                let output = recurrent.forward(&sequence()).unwrap();
                assert_eq!(output.size(), [2, 6, if both { 8 } else { 4 }]);
                let expected = layers_by_hand(which, layers, both, &parameters).concat();
                let got = values(&output.get(1));
                assert_eq!(got.len(), expected.len());
                for (got, expected) in got.iter().zip(&expected) {
                    assert!((got - expected).abs() < 1e-6, "{which:?} {layers} {both}: {got} {expected}");
                }
            }
        }
    }

    /// libtorch hands out the last states beside all states.
    #[test]
    fn the_last_states_are_those_that_libtorch_calls_last() {
        for both in [false, true] {
            let (_, mut recurrent) = recurrent(2, both, Cell::Gru);
            recurrent.recurrence.states = States::Last;
            let of = |direction: &Direction| {
                let Direction { weight_ih, weight_hh, bias_ih, bias_hh, .. } = direction;
                [weight_ih, weight_hh, bias_ih, bias_hh].map(Tensor::shallow_clone)
            };
            let parameters: Vec<Tensor> = recurrent.directions.iter().flat_map(of).collect();
            let zeros = recurrent.zeros(&sequence(), &[if both { 4 } else { 2 }]).unwrap();
            let (_, last) = sequence().gru(&zeros, &parameters, true, 2, 0.0, true, both, true);
            let states = recurrent.forward(&sequence()).unwrap();
            let handed_on = recurrent.handed_on(&states).unwrap();
            // Of the last layer, forwards and backwards: [directions, N, units].
            let last = if both { last.narrow(0, 2, 2) } else { last.narrow(0, 1, 1) };
            assert_eq!(handed_on, last.transpose(0, 1).flatten(1, 2));
        }
    }

    #[test]
    fn a_frozen_cell_still_passes_gradients_on() {
        let (_, recurrent) = recurrent(1, false, Cell::LstmReluFrozen);
        let input = sequence().set_requires_grad(true);
        let output = recurrent.forward(&input).unwrap().sum(Kind::Float);
        let gradient = Tensor::run_backward(&[output], &[&input], false, false).remove(0);
        assert!(gradient.abs().sum(Kind::Float).double_value(&[]) > 0.0);
        assert!(!recurrent.directions[0].weight_ih.requires_grad());
    }
}
