//! The tensors that each network has. Files of weights are checked against this list.

use crate::{
    Architecture,
    graph::{Graph, Parameter},
};

/// One tensor that a file may or must hold.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Expected {
    /// Full name, as in torchvision or timm: `Mixed_5b.branch1x1.conv.weight`.
    pub name: String,
    /// Shape, outermost side first; a convolution's is `[out, in, height, width]`.
    pub shape: Vec<usize>,
    /// Group that the tensor belongs to.
    pub group: Group,
}

/// A group of tensors of which a file holds all or none.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Group {
    /// Everything up to the last feature map. Always required.
    Features,
    /// The layers that name classes. All of them or none.
    Classifier,
    /// InceptionV3's auxiliary classifier, for training only. All of it or nothing.
    Auxiliary,
    /// `num_batches_tracked`, a counter of each batch normalisation. Each may be absent; none is used.
    BatchCount,
}

impl Group {
    /// Name of the group in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Features => "feature extractor",
            Self::Classifier => "classifier",
            Self::Auxiliary => "auxiliary classifier",
            Self::BatchCount => "batch counts",
        }
    }

    /// The group of the tensor of this name in torchvision's networks.
    fn of(name: &str) -> Self {
        if name.ends_with(".num_batches_tracked") {
            Self::BatchCount
        } else if name.starts_with("AuxLogits.") {
            Self::Auxiliary
        } else if ["classifier.", "fc.", "classif."].iter().any(|prefix| name.starts_with(prefix)) {
            Self::Classifier
        } else {
            Self::Features
        }
    }
}

impl Expected {
    /// A tensor of this name and shape. Its group follows from its name, as in this project's networks.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        let name = name.into();
        Self { group: Group::of(&name), shape: shape.into(), name }
    }

    /// Every tensor of a network with all its heads, sorted by name and without batch counts. The list follows from the
    /// network's forward pass.
    pub fn of(architecture: Architecture) -> Vec<Self> {
        // Registration has checked the graphs; a network without them expects nothing, and fits no file.
        let Ok(graphs) = architecture.graphs_of(architecture.lineage()) else { return Vec::new() };
        let parts = [
            (Some(&graphs.features), Group::Features),
            (graphs.classifier.as_ref(), Group::Classifier),
            (graphs.auxiliary.as_ref(), Group::Auxiliary),
        ];
        let mut list = Vec::new();
        for (graph, group) in parts {
            for Parameter { name, shape, .. } in graph.map(Graph::parameters).into_iter().flatten() {
                // Sides of a checked graph are above 0.
                let shape = shape.into_iter().map(|side| usize::try_from(side).unwrap_or(0)).collect();
                list.push(Self { name, shape, group });
            }
        }
        list.sort_by(|one, other| one.name.cmp(&other.name));
        list
    }
}
