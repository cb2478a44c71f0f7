//! Cuts an ONNX file down to what one tensor needs, and makes this tensor its only output.
//!
//! A runtime gives no other tensors than a file's outputs, and computes every node of the file. The bytes of all that stays
//! are copied as they are, so that nothing is lost that this crate does not know.

use std::collections::HashMap;

use prost::Message;

use super::message::{GraphProto, NodeProto};
use crate::proto::ValueInfoProto;

/// Numbers of fields in `onnx.proto`.
const GRAPH: u64 = 7;
const NODE: u64 = 1;
const OUTPUT: u64 = 12;

/// The file with this tensor as its only output. `None` if the bytes are not protobuf.
pub(super) fn cut(file: &[u8], graph: &GraphProto, tensor: &str) -> Option<Vec<u8>> {
    let needed = needed(&graph.node, tensor);
    let mut kept = Vec::with_capacity(file.len());
    // Messages that occur twice are one, so nodes are counted over all of them, and the output is written once.
    let (mut node, mut is_written) = (0, false);
    let mut rest = file;
    while !rest.is_empty() {
        let field = Field::read(&mut rest)?;
        let Some(mut inside) = field.message(GRAPH) else {
            kept.extend_from_slice(field.whole);
            continue;
        };
        let mut parts = Vec::with_capacity(inside.len());
        while !inside.is_empty() {
            let part = Field::read(&mut inside)?;
            if part.message(NODE).is_some() {
                node += 1;
                if !*needed.get(node - 1)? {
                    continue;
                }
            } else if part.message(OUTPUT).is_some() {
                continue;
            }
            parts.extend_from_slice(part.whole);
        }
        if !is_written {
            // The runtime finds the type and the shape.
            let output = ValueInfoProto { name: Some(tensor.to_owned()), ..ValueInfoProto::default() };
            write(&mut parts, OUTPUT, &output.encode_to_vec());
            is_written = true;
        }
        write(&mut kept, GRAPH, &parts);
    }
    Some(kept)
}

/// Which nodes the tensor needs. All are needed if one of them holds a graph, which may use any tensor by its name.
fn needed(nodes: &[NodeProto], tensor: &str) -> Vec<bool> {
    if nodes.iter().any(NodeProto::has_graph) {
        return vec![true; nodes.len()];
    }
    let mut made_by = HashMap::new();
    for (place, node) in nodes.iter().enumerate() {
        made_by.extend(node.output.iter().map(|name| (name.as_str(), place)));
    }
    let mut needed = vec![false; nodes.len()];
    let mut open = vec![tensor];
    while let Some(name) = open.pop() {
        // Names that no node makes are inputs and constants.
        if let Some(&place) = made_by.get(name).filter(|_| !name.is_empty())
            && !needed[place]
        {
            needed[place] = true;
            open.extend(nodes[place].input.iter().map(String::as_str));
        }
    }
    needed
}

/// A field of a protobuf message.
struct Field<'b> {
    number: u64,
    /// All of its bytes, the key included.
    whole: &'b [u8],
    /// What it holds, if it has a length of its own, as messages have.
    content: Option<&'b [u8]>,
}

impl<'b> Field<'b> {
    /// Takes the next field from the front. `None` if there is none, or the bytes end within it.
    fn read(rest: &mut &'b [u8]) -> Option<Self> {
        let start = *rest;
        let key = varint(rest)?;
        let content = match key & 7 {
            0 => {
                varint(rest)?;
                None
            }
            1 => {
                take(rest, 8)?;
                None
            }
            2 => {
                let length = usize::try_from(varint(rest)?).ok()?;
                Some(take(rest, length)?)
            }
            5 => {
                take(rest, 4)?;
                None
            }
            // Groups, which ONNX has none of.
            _ => return None,
        };
        Some(Self { number: key >> 3, whole: &start[..start.len() - rest.len()], content })
    }

    /// The content, if this is the message of that number.
    fn message(&self, number: u64) -> Option<&'b [u8]> {
        self.content.filter(|_| self.number == number)
    }
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Adds a field that holds a message.
fn write(into: &mut Vec<u8>, number: u64, message: &[u8]) {
    for mut value in [(number << 3) | 2, message.len() as u64] {
        while value >= 0x80 {
            into.push((value as u8) | 0x80);
            value >>= 7;
        }
        into.push(value as u8);
    }
    into.extend_from_slice(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(inputs: &[&str], output: &str) -> NodeProto {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        NodeProto { input: names(inputs), output: names(&[output]), attribute: Vec::new() }
    }

    #[test]
    fn only_what_a_tensor_is_made_of_is_needed() {
        let nodes = [
            node(&["image", "w1", ""], "a"),
            node(&["a"], "b"),
            node(&["a", "w2"], "c"),
            node(&["b", "c"], "d"),
            node(&["d"], ""),
        ];
        assert_eq!(needed(&nodes, "d"), [true, true, true, true, false]);
        assert_eq!(needed(&nodes, "c"), [true, false, true, false, false]);
        assert_eq!(needed(&nodes, ""), [false; 5]);
    }

    #[test]
    fn bytes_that_end_within_a_field_are_none() {
        let mut message = Vec::new();
        write(&mut message, GRAPH, &[0x08, 0x96, 0x01]);
        let field = Field::read(&mut &message[..]).unwrap();
        assert_eq!(
            (field.number, field.whole, field.message(GRAPH)),
            (7, &message[..], Some(&[8, 0x96, 1][..]))
        );
        assert!(field.message(NODE).is_none());
        for end in 0..message.len() {
            assert!(Field::read(&mut &message[..end]).is_none(), "{end}");
        }
        assert!(varint(&mut &[0xff; 11][..]).is_none());
    }

    #[test]
    fn lengths_of_any_size_are_written_as_they_are_read() {
        for length in [0, 1, 127, 128, 300, 70_000] {
            let (content, mut message) = (vec![7; length], Vec::new());
            write(&mut message, OUTPUT, &content);
            assert_eq!(Field::read(&mut &message[..]).unwrap().message(OUTPUT), Some(&content[..]));
        }
    }
}
