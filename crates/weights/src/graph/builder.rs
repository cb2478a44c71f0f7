//! Builds a graph, operation by operation.

use std::collections::HashSet;

use super::{
    node::{Graph, Map, Node},
    operation::Operation,
    window::Window,
};

/// Why operations are not a graph.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An operation on a value of another kind or number of channels.
    #[error("{operation} reads {found}, and needs {needed}")]
    Input {
        /// Layer or kind of the operation.
        operation: String,
        /// Value that it reads.
        found: String,
        /// Value that it needs.
        needed: &'static str,
    },
    /// A parameter or layer name that was given twice.
    #[error("the name {name} is given twice; give each parameter and each layer its own")]
    Twice {
        /// The name.
        name: String,
    },
    /// A network that is computed from a file.
    #[error("{network} is computed from a file, and has no graph here")]
    OfFile {
        /// Name of the network.
        network: String,
    },
    /// A size of a layer that is not above 0.
    #[error(
        "{operation}: sizes and steps must be above 0, and channels must divide into its groups or heads"
    )]
    Size {
        /// Layer or kind of the operation.
        operation: String,
    },
}

/// Kind of a value, and its number of channels.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Map(i64),
    Tokens(i64),
    Vector(i64),
}

/// Collects the operations of a network. A fault is reported by [`finish`](Self::finish), so that networks read as plain
/// sequences of layers.
#[derive(Debug)]
pub struct Builder {
    nodes: Vec<Node>,
    kinds: Vec<Kind>,
    strides: Vec<i64>,
    layers: Vec<(String, Map)>,
    fault: Option<GraphError>,
}

impl Builder {
    /// A builder whose input has this number of channels.
    pub fn new(channels: i64) -> Self {
        let input = Node { operation: Operation::Input { channels }, inputs: Vec::new() };
        let mut builder = Self {
            nodes: vec![input],
            kinds: vec![Kind::Map(channels)],
            strides: vec![1],
            layers: Vec::new(),
            fault: None,
        };
        builder.demand(channels > 0, || GraphError::Size { operation: "input".to_owned() });
        builder
    }

    /// The input.
    pub fn image(&self) -> Map {
        Map(0)
    }

    /// Number of channels of a value.
    pub fn channels(&self, map: Map) -> i64 {
        match self.kinds[map.0] {
            Kind::Map(channels) | Kind::Tokens(channels) | Kind::Vector(channels) => channels,
        }
    }

    /// Gives a value a name, by which [`Graph::layer`] finds it.
    pub fn layer(&mut self, name: impl Into<String>, map: Map) {
        self.layers.push((name.into(), map));
    }

    /// `scale · x + shift` with fixed numbers for each channel.
    pub fn affine(&mut self, map: Map, scale: &[f64], shift: &[f64]) -> Map {
        let channels = self.map(map, "affine");
        let fits = [scale.len(), shift.len()].iter().all(|length| *length as i64 == channels);
        self.demand(fits, || GraphError::Size { operation: "affine".to_owned() });
        let operation = Operation::Affine { scale: scale.to_vec(), shift: shift.to_vec() };
        self.push(operation, &[map], Kind::Map(channels))
    }

    /// A convolution without bias.
    pub fn convolution(&mut self, map: Map, path: impl Into<String>, outputs: i64, window: Window) -> Map {
        self.convolve(map, path.into(), outputs, 1, window, false)
    }

    /// A convolution with a bias.
    pub fn biased_convolution(
        &mut self,
        map: Map,
        path: impl Into<String>,
        outputs: i64,
        window: Window,
    ) -> Map {
        self.convolve(map, path.into(), outputs, 1, window, true)
    }

    /// A convolution of each channel by itself, with a bias.
    pub fn depthwise_convolution(&mut self, map: Map, path: impl Into<String>, window: Window) -> Map {
        let channels = self.channels(map);
        self.convolve(map, path.into(), channels, channels, window, true)
    }

    /// Batch normalisation with fixed statistics.
    pub fn batch_norm(&mut self, map: Map, path: impl Into<String>, epsilon: f64) -> Map {
        let path = path.into();
        let channels = self.map(map, &path);
        self.push(Operation::BatchNorm { path, channels, epsilon }, &[map], Kind::Map(channels))
    }

    /// `max(x, 0)`.
    pub fn relu(&mut self, map: Map) -> Map {
        self.push(Operation::Relu, &[map], self.kinds[map.0])
    }

    /// `x · Φ(x)`.
    pub fn gelu(&mut self, map: Map) -> Map {
        self.push(Operation::Gelu, &[map], self.kinds[map.0])
    }

    /// Maximum under a window.
    pub fn max_pool(&mut self, map: Map, window: Window) -> Map {
        let channels = self.map(map, "max pooling");
        self.push(Operation::MaxPool(window), &[map], Kind::Map(channels))
    }

    /// Mean under a window.
    pub fn average_pool(&mut self, map: Map, window: Window, counts_padding: bool) -> Map {
        let channels = self.map(map, "average pooling");
        self.push(Operation::AveragePool { window, counts_padding }, &[map], Kind::Map(channels))
    }

    /// Mean of all cells: map to vector.
    pub fn global_average(&mut self, map: Map) -> Map {
        let channels = self.map(map, "average pooling");
        self.push(Operation::GlobalAverage, &[map], Kind::Vector(channels))
    }

    /// Means of a grid of `side` × `side`, all together as a vector.
    pub fn average_grid(&mut self, map: Map, side: i64) -> Map {
        let channels = self.map(map, "average pooling");
        let grid = self.push(Operation::AdaptiveAverage { side }, &[map], Kind::Map(channels));
        self.push(Operation::Flatten, &[grid], Kind::Vector(channels * side * side))
    }

    /// Concatenation along the channels.
    pub fn concatenate(&mut self, maps: &[Map]) -> Map {
        let channels = maps.iter().map(|map| self.map(*map, "concatenation")).sum();
        self.push(Operation::Concatenate, maps, Kind::Map(channels))
    }

    /// Sum of two values of one shape.
    pub fn add(&mut self, one: Map, other: Map) -> Map {
        let (kind, found) = (self.kinds[one.0], self.kinds[other.0]);
        self.demand(kind == found, || GraphError::Input {
            operation: "sum".to_owned(),
            found: format!("{kind:?} and {found:?}"),
            needed: "two values of one kind",
        });
        self.push(Operation::Add, &[one, other], kind)
    }

    /// Product with a fixed number.
    pub fn scale(&mut self, map: Map, factor: f64) -> Map {
        self.push(Operation::Scale(factor), &[map], self.kinds[map.0])
    }

    /// Product with a parameter for each channel.
    pub fn layer_scale(&mut self, map: Map, parameter: impl Into<String>) -> Map {
        let (parameter, channels) = (parameter.into(), self.channels(map));
        self.push(Operation::LayerScale { parameter, channels }, &[map], self.kinds[map.0])
    }

    /// Normalisation of each token or vector over its channels.
    pub fn layer_norm(&mut self, tokens: Map, path: impl Into<String>, epsilon: f64) -> Map {
        let path = path.into();
        let (kind, channels) = (self.sequence(tokens, &path), self.channels(tokens));
        self.push(Operation::LayerNorm { path, channels, epsilon }, &[tokens], kind)
    }

    /// A dense layer on each token or vector.
    pub fn linear(&mut self, tokens: Map, path: impl Into<String>, outputs: i64) -> Map {
        let path = path.into();
        let kind = match self.sequence(tokens, &path) {
            Kind::Tokens(_) => Kind::Tokens(outputs),
            _ => Kind::Vector(outputs),
        };
        let inputs = self.channels(tokens);
        self.push(Operation::Linear { path, inputs, outputs }, &[tokens], kind)
    }

    /// The cells of a map as tokens.
    pub fn tokens(&mut self, map: Map) -> Map {
        let channels = self.map(map, "tokens");
        self.push(Operation::Tokens, &[map], Kind::Tokens(channels))
    }

    /// The tokens after the first `skipped` ones as a map of the size of `like`.
    pub fn cells(&mut self, tokens: Map, skipped: i64, like: Map) -> Map {
        self.sequence(tokens, "cells");
        self.map(like, "cells");
        let channels = self.channels(tokens);
        self.push(Operation::Cells { skipped }, &[tokens, like], Kind::Map(channels))
    }

    /// A learned token in front of the others.
    pub fn class_token(&mut self, tokens: Map, parameter: impl Into<String>) -> Map {
        let (kind, channels) = (self.sequence(tokens, "class token"), self.channels(tokens));
        self.push(Operation::ClassToken { parameter: parameter.into(), channels }, &[tokens], kind)
    }

    /// A learned summand for each position: of the class token, and of each cell of a grid. For a map `like` of another
    /// size, the grid is resampled.
    pub fn position(&mut self, tokens: Map, parameter: impl Into<String>, grid: [i64; 2], like: Map) -> Map {
        let (kind, channels) = (self.sequence(tokens, "position"), self.channels(tokens));
        self.map(like, "position");
        let operation = Operation::Position { parameter: parameter.into(), channels, grid };
        self.push(operation, &[tokens, like], kind)
    }

    /// Attention; the input holds queries, keys and values side by side.
    pub fn attention(&mut self, tokens: Map, heads: i64) -> Map {
        self.sequence(tokens, "attention");
        let channels = self.channels(tokens);
        let divides = heads > 0 && channels % (3 * heads) == 0;
        self.demand(divides, || GraphError::Size { operation: "attention".to_owned() });
        self.push(Operation::Attention { heads }, &[tokens], Kind::Tokens(channels / 3))
    }

    /// The graph that computes `output`.
    ///
    /// # Errors
    ///
    /// [`GraphError`] with the first fault.
    pub fn finish(self, output: Map) -> Result<Graph, GraphError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let graph = Graph { nodes: self.nodes, layers: self.layers, output, stride: self.strides[output.0] };
        let mut names = HashSet::new();
        let parameters = graph.parameters().into_iter().map(|parameter| parameter.name);
        if let Some(name) = parameters.into_iter().find(|name| !names.insert(name.clone())) {
            return Err(GraphError::Twice { name });
        }
        let mut names = HashSet::new();
        let twice = graph.layers().find(|(name, _)| !names.insert(*name)).map(|(name, _)| name.to_owned());
        match twice {
            Some(name) => Err(GraphError::Twice { name }),
            None => Ok(graph),
        }
    }

    fn convolve(
        &mut self,
        map: Map,
        path: String,
        outputs: i64,
        groups: i64,
        window: Window,
        bias: bool,
    ) -> Map {
        let inputs = self.map(map, &path);
        let divides = groups > 0 && inputs % groups == 0 && outputs > 0 && outputs % groups == 0;
        self.demand(divides, || GraphError::Size { operation: path.clone() });
        let operation = Operation::Convolution { path, inputs, outputs, groups, window, bias };
        self.push(operation, &[map], Kind::Map(outputs))
    }

    fn push(&mut self, operation: Operation, inputs: &[Map], kind: Kind) -> Map {
        let window = match &operation {
            Operation::Convolution { window, .. }
            | Operation::MaxPool(window)
            | Operation::AveragePool { window, .. } => *window,
            _ => Window::POINT,
        };
        let [rows, columns] = window.kernel;
        self.demand(rows > 0 && columns > 0 && window.stride > 0, || GraphError::Size {
            operation: operation.name().to_owned(),
        });
        // Of the inputs of a sum or a concatenation, all have the same stride; `Cells` takes its map's.
        let stride = inputs.iter().map(|map| self.strides[map.0]).max().unwrap_or(1) * window.stride;
        self.nodes.push(Node { operation, inputs: inputs.to_vec() });
        self.kinds.push(kind);
        self.strides.push(stride);
        Map(self.nodes.len() - 1)
    }

    /// Channels of a value that must be a map.
    fn map(&mut self, map: Map, operation: &str) -> i64 {
        let kind = self.kinds[map.0];
        self.demand(matches!(kind, Kind::Map(_)), || GraphError::Input {
            operation: operation.to_owned(),
            found: format!("{kind:?}"),
            needed: "a map",
        });
        self.channels(map)
    }

    /// Kind of a value that must not be a map.
    fn sequence(&mut self, tokens: Map, operation: &str) -> Kind {
        let kind = self.kinds[tokens.0];
        self.demand(!matches!(kind, Kind::Map(_)), || GraphError::Input {
            operation: operation.to_owned(),
            found: format!("{kind:?}"),
            needed: "tokens or a vector",
        });
        kind
    }

    fn demand(&mut self, holds: bool, fault: impl FnOnce() -> GraphError) {
        if !holds && self.fault.is_none() {
            self.fault = Some(fault());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_when_the_graph_is_finished() {
        let mut builder = Builder::new(3);
        let map = builder.linear(builder.image(), "fc", 2);
        assert!(matches!(builder.finish(map), Err(GraphError::Input { .. })));

        let mut builder = Builder::new(3);
        let map = builder.convolution(builder.image(), "conv", 4, Window::square(3, 0, 1));
        assert!(matches!(builder.finish(map), Err(GraphError::Size { .. })));

        let mut builder = Builder::new(3);
        let map = builder.convolution(builder.image(), "conv", 4, Window::POINT);
        let map = builder.convolution(map, "conv", 4, Window::POINT);
        assert_eq!(builder.finish(map), Err(GraphError::Twice { name: "conv.weight".to_owned() }));
    }
}
