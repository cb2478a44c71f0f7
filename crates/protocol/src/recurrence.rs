//! Recurrent layers: a cell in one or more layers, in one direction or in both, and the states that are handed on.

use serde::{Deserialize, Serialize};

use crate::{Cell, HeadTensor, ProtocolError, SequenceOrder};

/// Recurrent layers that read the cells of a feature map as a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recurrence {
    /// Order in which the cells of the map are read.
    pub order: SequenceOrder,
    /// Recurrent cell.
    pub cell: Cell,
    /// Length of the hidden state of each direction.
    pub units: i64,
    /// Number of layers, 1 to 16. Each later layer reads the hidden states of the layer before it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub layers: i64,
    /// Whether each layer also reads its sequence from the end. Its states are then those of both directions, side by
    /// side.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bidirectional: bool,
    /// States of the last layer that the dense layers see.
    #[serde(default, skip_serializing_if = "is_all")]
    pub states: States,
}

/// The hidden states that the dense layers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum States {
    /// Those of all steps, concatenated.
    #[default]
    All,
    /// That of the last step. A direction that reads from the end has it at the first cell.
    Last,
}

/// A direction of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Direction {
    /// Number of the layer, from 0.
    pub layer: i64,
    /// Whether it reads the sequence from the end.
    pub reverse: bool,
}

/// Limit on layers. Settings come from files, so limits are explicit.
const MOST_LAYERS: i64 = 16;

// Records that were written before these fields existed must be equal to new ones with the same meaning, so fields with
// the old meaning are not written.
const fn one() -> i64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_one(layers: &i64) -> bool {
    *layers == 1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(bidirectional: &bool) -> bool {
    !*bidirectional
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_all(states: &States) -> bool {
    matches!(states, States::All)
}

impl Recurrence {
    /// One layer in one direction, all of whose states are used: the paper's.
    pub const fn new(order: SequenceOrder, cell: Cell, units: i64) -> Self {
        Self { order, cell, units, layers: 1, bidirectional: false, states: States::All }
    }

    /// The length of the hidden state of a layer: that of one direction or of both.
    pub const fn width(self) -> i64 {
        if self.bidirectional { 2 * self.units } else { self.units }
    }

    /// The directions of all layers in libtorch's order: layer by layer, forwards first.
    pub fn directions(self) -> Vec<Direction> {
        let of = |layer| {
            let reverse = if self.bidirectional { &[false, true][..] } else { &[false] };
            reverse.iter().map(move |&reverse| Direction { layer, reverse })
        };
        (0..self.layers).flat_map(of).collect()
    }

    /// The full name of one of its tensors: `weight_ih` becomes `lstm.weight_ih_l0` or `gru.weight_ih_l1_reverse`.
    pub fn tensor_name(self, tensor: &str, direction: Direction) -> String {
        let Direction { layer, reverse } = direction;
        format!("{}.{tensor}_l{layer}{}", self.cell.prefix(), if reverse { "_reverse" } else { "" })
    }

    /// The tensors for a map with `channels` channels, in the order of [`Self::directions`].
    pub fn layout(self, channels: i64) -> Vec<HeadTensor> {
        let of = |direction: Direction| {
            let inputs = if direction.layer == 0 { channels } else { self.width() };
            self.cell.layout(inputs, self.units, |tensor| self.tensor_name(tensor, direction))
        };
        self.directions().into_iter().flat_map(of).collect()
    }

    /// Refuses a number of layers out of its range.
    pub(crate) fn check(self) -> Result<(), ProtocolError> {
        if (1..=MOST_LAYERS).contains(&self.layers) {
            return Ok(());
        }
        Err(ProtocolError::setting(
            "the number of recurrent layers",
            self.layers,
            "write a number from 1 to 16",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OutputGate, Reading, Role};

    fn recurrence(cell: Cell) -> Recurrence {
        Recurrence::new(SequenceOrder::Horizontal, cell, 512)
    }

    fn trained(recurrence: Recurrence) -> i64 {
        let layout = recurrence.layout(1024);
        layout.iter().filter(|tensor| tensor.role == Role::Trained).filter_map(HeadTensor::elements).sum()
    }

    /// Keras's counts for 512 units on 1,024 channels: gates · (512 · (1,024 + 512) + 512), and 512 more for each gate of
    /// a GRU, whose default `reset_after` has two biases. Peepholes add 3 · 512.
    #[test]
    fn trained_parameters_are_those_of_keras() {
        assert_eq!(trained(recurrence(Cell::Lstm)), 3_147_776);
        assert_eq!(trained(recurrence(Cell::Gru)), 2_362_368);
        assert_eq!(trained(recurrence(Cell::Simple)), 786_944);
        let peephole = Cell::LstmPeephole { output_gate: OutputGate::CurrentState };
        assert_eq!(trained(recurrence(peephole)), 3_147_776 + 3 * 512);
        assert_eq!(trained(recurrence(Cell::LstmReluFrozen)), 0);
        let both = |cell| Recurrence { bidirectional: true, ..recurrence(cell) };
        assert_eq!(trained(both(Cell::Lstm)), 6_295_552);
        assert_eq!(trained(both(Cell::Gru)), 4_724_736);
        let stacked = |cell| Recurrence { layers: 2, ..recurrence(cell) };
        assert_eq!(trained(stacked(Cell::Lstm)), 3_147_776 + 2_099_200);
        // The second layer of both directions reads 1,024 values, as the first.
        assert_eq!(trained(Recurrence { layers: 2, ..both(Cell::Gru) }), 2 * 4_724_736);
    }

    /// PyTorch's names, whose order is also that of its list of flat weights.
    #[test]
    fn names_are_those_of_pytorch() {
        let names = |recurrence: Recurrence| -> Vec<String> {
            recurrence.layout(7).into_iter().map(|tensor| tensor.name).collect()
        };
        let one = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        assert_eq!(names(recurrence(Cell::Simple)), one.map(|name| format!("rnn.{name}_l0")));
        let both = Recurrence { layers: 2, bidirectional: true, ..recurrence(Cell::Gru) };
        let expected: Vec<String> = ["l0", "l0_reverse", "l1", "l1_reverse"]
            .iter()
            .flat_map(|place| one.map(|name| format!("gru.{name}_{place}")))
            .collect();
        assert_eq!(names(both), expected);
    }

    /// A record of before these fields, byte for byte, and one with all of them.
    #[test]
    fn older_records_have_the_same_text() {
        let text = r#"{"recurrent":{"order":"spiral","cell":"lstm","units":8}}"#;
        let old = Reading::Recurrent(Recurrence::new(SequenceOrder::Spiral, Cell::Lstm, 8));
        assert_eq!(serde_json::from_str::<Reading>(text).unwrap(), old);
        assert_eq!(serde_json::to_string(&old).unwrap(), text);
        let new = Reading::Recurrent(Recurrence {
            layers: 2,
            bidirectional: true,
            states: States::Last,
            ..recurrence(Cell::Gru)
        });
        let text = serde_json::to_string(&new).unwrap();
        assert!(
            text.ends_with(r#""cell":"gru","units":512,"layers":2,"bidirectional":true,"states":"last"}}"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Reading>(&text).unwrap(), new);
    }
}
