//! ResNet50 (He et al., 2016) in torchvision's form, which halves maps in the 3 × 3 convolution.

use radiograph_input::{Filter, Normalisation};

use super::{
    densenet121::TORCHVISION,
    layers::{CLASSES, pooled_classifier},
};
use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "resnet50",
    title: "ResNet50",
    input_channels: 3,
    native_size: 224,
    micro_batch: 4,
    families: &[
        Family { name: "timm", lineage: TORCHVISION, normalisation: Normalisation::Torch },
        Family { name: "torchvision", lineage: TORCHVISION, normalisation: Normalisation::Torch },
    ],
    features,
    classifier: Some(|network, map| pooled_classifier(network, map, "fc", CLASSES)),
    auxiliary: None,
    published: &[Published {
        source_url: Some("https://huggingface.co/timm/resnet50.tv_in1k/resolve/main/model.safetensors"),
        licence: Some("bsd-3-clause"),
        interpolation: Some(Filter::Bilinear),
        resize: Some(256),
        ..Published::of_imagenet("tv_in1k", "timm")
    }],
};

/// Blocks and inner channels of each stage.
const STAGES: [(usize, i64); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];
/// Output channels of a block for each inner channel.
const EXPANSION: i64 = 4;

/// A stem and sixteen bottleneck blocks in four stages.
fn features(network: &mut Builder, lineage: &Lineage) -> Map {
    let epsilon = lineage.batch_norm_epsilon;
    let image = network.image();
    let map = network.convolution(image, "conv1", 64, Window::square(7, 2, 3));
    let map = network.batch_norm(map, "bn1", epsilon);
    let map = network.relu(map);
    let mut map = network.max_pool(map, Window::square(3, 2, 1));
    for (number, (blocks, inner)) in (1..).zip(STAGES) {
        for block in 0..blocks {
            let stride = if number > 1 && block == 0 { 2 } else { 1 };
            map = bottleneck(network, map, &format!("layer{number}.{block}"), inner, stride, epsilon);
        }
        network.layer(format!("layer{number}"), map);
    }
    map
}

/// 1 × 1, 3 × 3, 1 × 1, added to the input or, where the shape changes, to its projection.
fn bottleneck(network: &mut Builder, input: Map, path: &str, inner: i64, stride: i64, epsilon: f64) -> Map {
    let outputs = inner * EXPANSION;
    let map = network.convolution(input, format!("{path}.conv1"), inner, Window::POINT);
    let map = network.batch_norm(map, format!("{path}.bn1"), epsilon);
    let map = network.relu(map);
    let map = network.convolution(map, format!("{path}.conv2"), inner, Window::square(3, stride, 1));
    let map = network.batch_norm(map, format!("{path}.bn2"), epsilon);
    let map = network.relu(map);
    let map = network.convolution(map, format!("{path}.conv3"), outputs, Window::POINT);
    let map = network.batch_norm(map, format!("{path}.bn3"), epsilon);
    let mut shortcut = input;
    if stride > 1 || network.channels(input) != outputs {
        let window = Window::square(1, stride, 0);
        shortcut = network.convolution(input, format!("{path}.downsample.0"), outputs, window);
        shortcut = network.batch_norm(shortcut, format!("{path}.downsample.1"), epsilon);
    }
    let sum = network.add(map, shortcut);
    network.relu(sum)
}
