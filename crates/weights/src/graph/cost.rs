//! The cost of a pass for one image: parameters, products and memory.

use std::collections::BTreeMap;

use super::{
    node::Graph,
    operation::{Operation, Parameter},
    shape::{Shape, UnfitImage},
};

/// Cost of a forward pass for one image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cost {
    /// Number of learned parameters, without the statistics of batch normalisation.
    pub parameters: i64,
    /// Number of products of convolutions, dense layers and attention, each with its sum.
    pub products: i64,
    /// Products by kind of operation.
    pub products_of: BTreeMap<&'static str, i64>,
    /// Largest number of bytes of values in f32 that are needed at the same time.
    pub memory: i64,
}

impl Graph {
    /// Number of learned parameters, without the statistics of batch normalisation.
    pub fn learned_parameters(&self) -> i64 {
        let learned = |parameter: &Parameter| !parameter.role.is_statistic();
        let count = |parameter: Parameter| parameter.shape.iter().product::<i64>();
        self.parameters().into_iter().filter(learned).map(count).sum()
    }

    /// Largest number of convolutions and dense layers on a path from the input to the output.
    pub fn depth(&self) -> i64 {
        let mut depths: Vec<i64> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let before = node.inputs.iter().map(|map| depths[map.place()]).max().unwrap_or(0);
            let counts = matches!(node.operation, Operation::Convolution { .. } | Operation::Linear { .. });
            depths.push(before + i64::from(counts));
        }
        depths[self.output.place()]
    }

    /// The cost of a pass for one input of `height` × `width`.
    ///
    /// # Errors
    ///
    /// [`UnfitImage`].
    pub fn cost(&self, height: i64, width: i64) -> Result<Cost, UnfitImage> {
        let shapes = self.shapes(height, width)?;
        let mut products_of = BTreeMap::new();
        for (node, shape) in self.nodes.iter().zip(&shapes) {
            let first = node.inputs.first().map(|map| shapes[map.place()]);
            let products = products(&node.operation, first, *shape);
            if products > 0 {
                *products_of.entry(node.operation.name()).or_default() += products;
            }
        }
        Ok(Cost {
            parameters: self.learned_parameters(),
            products: products_of.values().sum(),
            products_of,
            memory: 4 * self.most_values(&shapes),
        })
    }

    /// The largest number of values that are needed at the same time.
    fn most_values(&self, shapes: &[Shape]) -> i64 {
        let mut last_use = vec![0; self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            for map in &node.inputs {
                last_use[map.place()] = place;
            }
        }
        last_use[self.output.place()] = self.nodes.len();
        let (mut held, mut most) = (0, 0);
        for (place, node) in self.nodes.iter().enumerate() {
            held += shapes[place].values();
            let tokens = shapes[place].positions();
            let shares = match node.operation {
                // Of one image, before and after the softmax.
                Operation::Attention { heads } => 2 * heads * tokens * tokens,
                _ => 0,
            };
            most = most.max(held + shares);
            let mut ended: Vec<usize> = node.inputs.iter().map(|map| map.place()).collect();
            ended.sort_unstable();
            ended.dedup();
            for input in ended.into_iter().filter(|input| last_use[*input] == place) {
                held -= shapes[input].values();
            }
        }
        most
    }
}

fn products(operation: &Operation, input: Option<Shape>, output: Shape) -> i64 {
    match operation {
        Operation::Convolution { inputs, groups, window, .. } => {
            output.values() * (inputs / groups) * window.cells()
        }
        Operation::Linear { inputs, .. } => output.values() * inputs,
        // Queries by keys, and the shares by values.
        Operation::Attention { .. } => {
            input.map_or(0, Shape::positions) * output.positions() * output.channels() * 2
        }
        _ => 0,
    }
}
