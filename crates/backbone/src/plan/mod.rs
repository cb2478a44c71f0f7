//! Rearranges a network's graph for speed: which layers are merged, and what is computed in which order.
//!
//! The rules know no network. Each holds wherever its pattern occurs, so a network that is registered elsewhere is
//! folded like the built-in ones. A value with a name keeps its value.

mod fill;
mod fold;
mod step;

pub(crate) use step::{Fold, Plan, Step};

use radiograph_features::Arithmetic;
use radiograph_weights::graph::Graph;

use crate::Form;

impl Plan {
    /// The plan for a graph. `side` is a size of image that the network reads.
    pub(crate) fn of(graph: &Graph, form: Form, arithmetic: Arithmetic, side: i64) -> Self {
        let mut plan = Self::as_published(graph);
        if form == Form::Folded {
            fold::fold(&mut plan, arithmetic);
            if let Ok(shapes) = graph.shapes(side, side) {
                let channels: Vec<i64> = shapes.iter().map(|shape| shape.channels()).collect();
                fill::fill(&mut plan, &channels);
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use radiograph_weights::{Architecture, graph::Operation};

    use super::*;

    fn plan(name: &str) -> Plan {
        let architecture: Architecture = name.parse().unwrap();
        let graph = architecture.graphs_of(architecture.lineage()).unwrap().features;
        Plan::of(&graph, Form::Folded, Arithmetic::F32, 224)
    }

    fn count(plan: &Plan, counts: fn(&Step) -> bool) -> usize {
        plan.steps.iter().filter(|step| counts(step)).count()
    }

    /// Numbers of layers of the published networks, counted in their papers.
    #[test]
    fn folding_leaves_no_normalisation_that_a_convolution_can_absorb() {
        let norm = |step: &Step| matches!(step, Step::Operation(Operation::BatchNorm { .. }));
        let gate = |step: &Step| matches!(step, Step::Gate(_));
        for (name, norms, gates) in [
            ("vgg19", 0, 0),
            ("inception_v3", 0, 0),
            ("inception_resnet_v2", 0, 0),
            ("resnet50", 0, 0),
            // The last normalisation has no convolution behind it; 58 layers and 3 transitions have one.
            ("densenet121", 1, 61),
            ("densenet121_xrv", 1, 61),
        ] {
            let plan = plan(name);
            assert_eq!((count(&plan, norm), count(&plan, gate)), (norms, gates), "{name}");
        }
        let scaled = |step: &Step| matches!(step, Step::Linear { .. });
        assert_eq!(count(&plan("vit_base_patch14_dinov2"), scaled), 24);
        assert_eq!(count(&plan("convnext_tiny"), scaled), 18);
        let pooled = |step: &Step| matches!(step, Step::PoolThenBias { .. });
        assert_eq!(count(&plan("inception_v3"), pooled), 9);
    }

    #[test]
    fn dense_blocks_are_filled_in_place() {
        let plan = plan("densenet121");
        let begun = count(&plan, |step| matches!(step, Step::Begin { .. }));
        let extended = count(&plan, |step| matches!(step, Step::Extend { .. }));
        assert_eq!((begun, extended), (4, 58 - 4));
    }
}
