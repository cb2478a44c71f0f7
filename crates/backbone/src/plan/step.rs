//! The steps of a pass, and what each of them reads.

use std::collections::BTreeSet;

use radiograph_weights::graph::{Graph, Operation};

/// A step of a pass. Its place is that of the operation whose value it gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// An operation as it is.
    Operation(Operation),
    /// A convolution that absorbs layers around it, in this order.
    Convolution {
        layer: Operation,
        folds: Vec<Fold>,
        /// Whether its bias is left to the [`PoolThenBias`](Self::PoolThenBias) behind it.
        unbiased: bool,
    },
    /// The limits that remain of a normalisation and a ReLU in front of a convolution.
    Gate(Operation),
    /// An average pooling behind a convolution, and then the convolution's bias.
    PoolThenBias { pool: Operation, convolution: usize },
    /// A dense layer that absorbs the layer scale behind it.
    Linear { layer: Operation, scale: Operation },
    /// A concatenation that allocates room for all channels of those that extend it.
    Begin { channels: i64 },
    /// A concatenation that fills the next channels of the room that `begin` allocated.
    Extend { begin: usize, filled: i64, last: bool },
    /// Nothing: another step gives what is needed of it.
    Absorbed,
}

/// A layer that a convolution absorbs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fold {
    /// The batch normalisation behind it.
    After(Operation),
    /// The factor behind it.
    Times(f64),
    /// What a gate leaves of the batch normalisation in front of it.
    Gated(Operation),
}

/// Steps in the order of computation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Steps whose values each step reads.
    pub(crate) inputs: Vec<Vec<usize>>,
    /// Steps whose values have a name, or are the output.
    pub(crate) kept: BTreeSet<usize>,
    pub(crate) output: usize,
}

impl Plan {
    /// Every operation as it is.
    pub(super) fn as_published(graph: &Graph) -> Self {
        let mut kept: BTreeSet<usize> = graph.layers().map(|(_, map)| map.place()).collect();
        kept.insert(graph.output().place());
        Self {
            steps: graph.nodes().iter().map(|node| Step::Operation(node.operation.clone())).collect(),
            inputs: graph
                .nodes()
                .iter()
                .map(|node| node.inputs.iter().map(|map| map.place()).collect())
                .collect(),
            kept,
            output: graph.output().place(),
        }
    }

    /// Number of steps that read each step's value.
    pub(crate) fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.steps.len()];
        for (step, inputs) in self.steps.iter().zip(&self.inputs) {
            if *step != Step::Absorbed {
                inputs.iter().for_each(|input| uses[*input] += 1);
            }
        }
        uses
    }

    /// Steps whose values the given ones need, and they themselves.
    pub(crate) fn needed(&self, wanted: &[usize]) -> Vec<bool> {
        let mut needed = vec![false; self.steps.len()];
        wanted.iter().for_each(|place| needed[*place] = true);
        for place in (0..self.steps.len()).rev() {
            if needed[place] {
                self.inputs[place].iter().for_each(|input| needed[*input] = true);
            }
        }
        needed
    }

    /// Whether the value of this step may be overwritten by the only step that reads it.
    pub(crate) fn is_overwritable(&self, place: usize, uses: &[usize]) -> bool {
        let is_view = match &self.steps[place] {
            Step::Begin { .. } | Step::Extend { .. } => true,
            Step::Operation(operation) => matches!(
                operation,
                Operation::Input { .. } | Operation::Tokens | Operation::Cells { .. } | Operation::Flatten
            ),
            _ => false,
        };
        uses[place] == 1 && !self.kept.contains(&place) && !is_view
    }
}
