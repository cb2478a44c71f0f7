//! Groups of layers that several networks share.

use crate::{
    Lineage,
    graph::{Builder, Map, Window},
};

/// Number of ImageNet's classes.
pub(super) const CLASSES: i64 = 1000;

/// Convolution, batch normalisation and ReLU, with the names `conv` and `bn` under a path.
pub(super) struct Units<'a> {
    pub(super) network: &'a mut Builder,
    pub(super) lineage: &'a Lineage,
}

impl Units<'_> {
    /// One unit.
    pub(super) fn unit(&mut self, map: Map, path: &str, outputs: i64, window: Window) -> Map {
        let map = self.network.convolution(map, format!("{path}.conv"), outputs, window);
        let map = self.network.batch_norm(map, format!("{path}.bn"), self.lineage.batch_norm_epsilon);
        self.network.relu(map)
    }

    /// Units one after the other.
    pub(super) fn in_turn(&mut self, map: Map, units: &[(&str, i64, Window)]) -> Map {
        units.iter().fold(map, |map, &(path, outputs, window)| self.unit(map, path, outputs, window))
    }

    /// Average pooling over 3 × 3 values, then a 1 × 1 unit.
    pub(super) fn pooled_unit(&mut self, map: Map, path: &str, outputs: i64) -> Map {
        let counts_padding = self.lineage.pooling_counts_padding;
        let map = self.network.average_pool(map, Window::square(3, 1, 1), counts_padding);
        self.unit(map, path, outputs, Window::POINT)
    }
}

/// The usual classifier: one dense layer on the mean of all cells.
pub(super) fn pooled_classifier(network: &mut Builder, map: Map, path: &str, classes: i64) -> Map {
    let vector = network.global_average(map);
    network.linear(vector, path, classes)
}

/// Layer normalisation of each cell of a map.
pub(super) fn norm_of_cells(network: &mut Builder, map: Map, path: impl Into<String>, epsilon: f64) -> Map {
    let tokens = network.tokens(map);
    let tokens = network.layer_norm(tokens, path, epsilon);
    network.cells(tokens, 0, map)
}
