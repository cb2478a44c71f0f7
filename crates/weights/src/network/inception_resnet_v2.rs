//! Inception-ResNetV2 (Szegedy et al., 2017), with timm's tensor names, which are those of Cadene.

use radiograph_input::{Filter, Normalisation};

use super::{
    inception_stem::{HALVING, stem},
    layers::{CLASSES, Units, pooled_classifier},
};
use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, OriginalChecksum, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "inception_resnet_v2",
    title: "Inception-ResNetV2",
    input_channels: 3,
    native_size: 299,
    micro_batch: 16,
    families: &[
        Family { name: "timm", lineage: LINEAGE, normalisation: Normalisation::Tf },
        Family { name: "torchvision", lineage: LINEAGE, normalisation: Normalisation::Torch },
        Family { name: "keras", lineage: LINEAGE, normalisation: Normalisation::Tf },
    ],
    features,
    classifier: Some(|network, map| pooled_classifier(network, map, "classif", CLASSES)),
    auxiliary: None,
    published: &[
        Published {
            source_url: Some(
                "https://huggingface.co/timm/inception_resnet_v2.tf_in1k/resolve/main/model.safetensors",
            ),
            revision: Some("89854797f99e77e1189626b74d7c07013a4308fa"),
            sha256: Some("dbea26b13a5fc8351919fed6a94222c0577ce324b2765fd081a798f837ca9d72"),
            licence: Some("apache-2.0"),
            interpolation: Some(Filter::Bicubic),
            resize: Some(333),
            ..Published::of_imagenet("tf_in1k", "timm")
        },
        Published {
            source_url: Some(
                "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2/\
                 inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
            ),
            original: Some(OriginalChecksum::Md5("d19885ff4a710c122648d3b5c3b684e4")),
            ..Published::of_imagenet("keras", "keras")
        },
    ],
};

const LINEAGE: Lineage = Lineage::with_epsilon(1e-3);

const STEM: [&str; 5] = ["conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"];

const SQUARE: Window = Window::same(3, 3);

/// Kind of a residual block: channels of its branches and scale of what it adds, named after the side of its maps for
/// images of 299 pixels.
#[derive(Clone, Copy)]
struct Kind {
    branches: &'static [&'static [(&'static str, i64, Window)]],
    channels: i64,
    /// `None`: the sum is neither scaled nor rectified.
    scale: Option<f64>,
}

const BLOCK35: Kind = Kind {
    branches: &[
        &[("branch0", 32, Window::POINT)],
        &[("branch1.0", 32, Window::POINT), ("branch1.1", 32, SQUARE)],
        &[("branch2.0", 32, Window::POINT), ("branch2.1", 48, SQUARE), ("branch2.2", 64, SQUARE)],
    ],
    channels: 320,
    scale: Some(0.17),
};
const BLOCK17: Kind = Kind {
    branches: &[
        &[("branch0", 192, Window::POINT)],
        &[
            ("branch1.0", 128, Window::POINT),
            ("branch1.1", 160, Window::same(1, 7)),
            ("branch1.2", 192, Window::same(7, 1)),
        ],
    ],
    channels: 1088,
    scale: Some(0.10),
};
const BLOCK8: Kind = Kind {
    branches: &[
        &[("branch0", 192, Window::POINT)],
        &[
            ("branch1.0", 192, Window::POINT),
            ("branch1.1", 224, Window::same(1, 3)),
            ("branch1.2", 256, Window::same(3, 1)),
        ],
    ],
    channels: 2080,
    scale: Some(0.20),
};
const LAST: Kind = Kind { scale: None, ..BLOCK8 };

/// A stem and 40 residual blocks that each add the scaled output of their branches.
fn features(network: &mut Builder, lineage: &Lineage) -> Map {
    let image = network.image();
    let mut units = Units { network, lineage };
    let map = stem(&mut units, image, STEM);
    let map = mixed_5b(&mut units, map);
    let map = repeated(&mut units, map, "repeat", 10, BLOCK35);
    let map = mixed_6a(&mut units, map);
    let map = repeated(&mut units, map, "repeat_1", 20, BLOCK17);
    let map = mixed_7a(&mut units, map);
    let map = repeated(&mut units, map, "repeat_2", 9, BLOCK8);
    let map = residual(&mut units, map, "block8", LAST);
    let map = units.unit(map, "conv2d_7b", 1536, Window::POINT);
    units.network.layer("conv2d_7b", map);
    map
}

/// 1 × 1, 5 × 5, twice 3 × 3, pooled: 192 to 320 channels.
fn mixed_5b(units: &mut Units<'_>, map: Map) -> Map {
    let branches = [
        units.unit(map, "mixed_5b.branch0", 96, Window::POINT),
        units.in_turn(
            map,
            &[("mixed_5b.branch1.0", 48, Window::POINT), ("mixed_5b.branch1.1", 64, Window::same(5, 5))],
        ),
        units.in_turn(
            map,
            &[
                ("mixed_5b.branch2.0", 64, Window::POINT),
                ("mixed_5b.branch2.1", 96, SQUARE),
                ("mixed_5b.branch2.2", 96, SQUARE),
            ],
        ),
        // Entry 0 of the branch is the pooling.
        units.pooled_unit(map, "mixed_5b.branch3.1", 64),
    ];
    together(units, "mixed_5b", &branches)
}

/// Halves the map: 320 to 1088 channels.
fn mixed_6a(units: &mut Units<'_>, map: Map) -> Map {
    let branches = [
        units.unit(map, "mixed_6a.branch0", 384, HALVING),
        units.in_turn(
            map,
            &[
                ("mixed_6a.branch1.0", 256, Window::POINT),
                ("mixed_6a.branch1.1", 256, SQUARE),
                ("mixed_6a.branch1.2", 384, HALVING),
            ],
        ),
        units.network.max_pool(map, HALVING),
    ];
    together(units, "mixed_6a", &branches)
}

/// Halves the map: 1088 to 2080 channels.
fn mixed_7a(units: &mut Units<'_>, map: Map) -> Map {
    let branches = [
        units.in_turn(
            map,
            &[("mixed_7a.branch0.0", 256, Window::POINT), ("mixed_7a.branch0.1", 384, HALVING)],
        ),
        units.in_turn(
            map,
            &[("mixed_7a.branch1.0", 256, Window::POINT), ("mixed_7a.branch1.1", 288, HALVING)],
        ),
        units.in_turn(
            map,
            &[
                ("mixed_7a.branch2.0", 256, Window::POINT),
                ("mixed_7a.branch2.1", 288, SQUARE),
                ("mixed_7a.branch2.2", 320, HALVING),
            ],
        ),
        units.network.max_pool(map, HALVING),
    ];
    together(units, "mixed_7a", &branches)
}

fn together(units: &mut Units<'_>, name: &str, branches: &[Map]) -> Map {
    let map = units.network.concatenate(branches);
    units.network.layer(name, map);
    map
}

fn repeated(units: &mut Units<'_>, map: Map, name: &str, count: usize, kind: Kind) -> Map {
    let block = |map, number| residual(units, map, &format!("{name}.{number}"), kind);
    let map = (0..count).fold(map, block);
    units.network.layer(name, map);
    map
}

/// Parallel branches, and a convolution back to the channels of the input. The result is scaled and added to the input.
fn residual(units: &mut Units<'_>, map: Map, path: &str, kind: Kind) -> Map {
    let mut branches = Vec::with_capacity(kind.branches.len());
    for branch in kind.branches {
        let end = branch.iter().fold(map, |map, &(name, outputs, window)| {
            units.unit(map, &format!("{path}.{name}"), outputs, window)
        });
        branches.push(end);
    }
    let network = &mut *units.network;
    let joined = network.concatenate(&branches);
    let added = network.biased_convolution(joined, format!("{path}.conv2d"), kind.channels, Window::POINT);
    match kind.scale {
        Some(factor) => {
            let scaled = network.scale(added, factor);
            let sum = network.add(scaled, map);
            network.relu(sum)
        }
        None => network.add(added, map),
    }
}
