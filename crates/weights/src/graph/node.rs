//! A finished graph: nodes in the order of computation, names of layers, and the output.

use super::operation::{Operation, Parameter};

/// The value of a node.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Map(pub(super) usize);

impl Map {
    /// Position of its node in [`Graph::nodes`].
    pub const fn place(self) -> usize {
        self.0
    }
}

/// An operation and the values that it reads, which come from earlier nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub operation: Operation,
    /// Values that it reads.
    pub inputs: Vec<Map>,
}

/// A network's forward pass. Every graph has passed the checks of [`Builder::finish`](super::Builder::finish).
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) layers: Vec<(String, Map)>,
    pub(super) output: Map,
    /// Number of input pixels for one cell of the output, along a side.
    pub(super) stride: i64,
}

impl Graph {
    /// Nodes in the order of computation. The first is the input.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Named layers, in the order of computation.
    pub fn layers(&self) -> impl Iterator<Item = (&str, Map)> {
        self.layers.iter().map(|(name, map)| (name.as_str(), *map))
    }

    /// The value of a named layer.
    pub fn layer(&self, name: &str) -> Option<Map> {
        self.layers().find(|(layer, _)| *layer == name).map(|(_, map)| map)
    }

    /// The output.
    pub fn output(&self) -> Map {
        self.output
    }

    /// Number of input pixels for one cell of the output, along a side.
    pub fn stride(&self) -> i64 {
        self.stride
    }

    /// Parameters of all nodes, in the order of computation.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.nodes.iter().flat_map(|node| node.operation.parameters()).collect()
    }
}
