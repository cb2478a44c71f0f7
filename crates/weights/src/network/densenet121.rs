//! DenseNet121 (Huang et al., 2017), with torchvision's tensor names.

use radiograph_input::{Filter, Normalisation};

use super::layers::{CLASSES, pooled_classifier};
use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, OriginalChecksum, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "densenet121",
    title: "DenseNet121",
    input_channels: 3,
    native_size: 224,
    micro_batch: 4,
    families: &[
        Family { name: "timm", lineage: TORCHVISION, normalisation: Normalisation::Torch },
        Family { name: "torchvision", lineage: TORCHVISION, normalisation: Normalisation::Torch },
        Family {
            name: "keras",
            lineage: Lineage::with_epsilon(1.001e-5),
            normalisation: Normalisation::Torch,
        },
    ],
    features: dense_features,
    classifier: Some(|network, map| pooled_classifier(network, map, "classifier", CLASSES)),
    auxiliary: None,
    published: &[
        Published {
            source_url: Some(
                "https://huggingface.co/timm/densenet121.tv_in1k/resolve/main/model.safetensors",
            ),
            revision: Some("d42603a"),
            sha256: Some("c894c6d9caa317a8ca1942986dee7a16a86c77734a4d691d2abe05389cfef358"),
            licence: Some("apache-2.0"),
            interpolation: Some(Filter::Bicubic),
            resize: Some(256),
            ..Published::of_imagenet("tv_in1k", "timm")
        },
        Published {
            source_url: Some(
                "https://storage.googleapis.com/tensorflow/keras-applications/densenet/\
                 densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
            ),
            original: Some(OriginalChecksum::Md5("30ee3e1110167f948a6b9946edeeb738")),
            ..Published::of_imagenet("keras", "keras")
        },
    ],
};

/// Epsilon of torchvision and of those who build on it.
pub(super) const TORCHVISION: Lineage = Lineage::with_epsilon(1e-5);

/// Channels after the stem.
const STEM: i64 = 64;
/// Channels that a dense layer adds.
const GROWTH: i64 = 32;
/// Channels in the middle of a dense layer.
const BOTTLENECK: i64 = 128;
/// Dense layers of each block.
const BLOCKS: [usize; 4] = [6, 12, 24, 16];

/// A stem, four blocks of dense layers with a transition before each but the first, and a last normalisation. The
/// network that torchxrayvision trains has the same layers, on images of one channel.
pub(super) fn dense_features(network: &mut Builder, lineage: &Lineage) -> Map {
    let epsilon = lineage.batch_norm_epsilon;
    let image = network.image();
    let map = network.convolution(image, "features.conv0", STEM, Window::square(7, 2, 3));
    let map = network.batch_norm(map, "features.norm0", epsilon);
    let map = network.relu(map);
    let mut map = network.max_pool(map, Window::square(3, 2, 1));
    for (number, layers) in (1..).zip(BLOCKS) {
        if number > 1 {
            map = transition(network, map, &format!("features.transition{}", number - 1), epsilon);
        }
        for layer in 1..=layers {
            let path = format!("features.denseblock{number}.denselayer{layer}");
            let new = dense_layer(network, map, &path, epsilon);
            map = network.concatenate(&[map, new]);
        }
        network.layer(format!("features.denseblock{number}"), map);
    }
    let map = network.batch_norm(map, "features.norm5", epsilon);
    // torchvision has this ReLU outside `features`; Keras counts it in.
    let map = network.relu(map);
    network.layer("features.norm5", map);
    map
}

/// Normalisation, ReLU, 1 × 1, normalisation, ReLU, 3 × 3: the 32 new channels from all channels so far.
fn dense_layer(network: &mut Builder, map: Map, path: &str, epsilon: f64) -> Map {
    let map = network.batch_norm(map, format!("{path}.norm1"), epsilon);
    let map = network.relu(map);
    let map = network.convolution(map, format!("{path}.conv1"), BOTTLENECK, Window::POINT);
    let map = network.batch_norm(map, format!("{path}.norm2"), epsilon);
    let map = network.relu(map);
    network.convolution(map, format!("{path}.conv2"), GROWTH, Window::same(3, 3))
}

/// Normalisation, ReLU, 1 × 1, and the mean of 2 × 2; half the channels remain, and an odd last row is left out.
fn transition(network: &mut Builder, map: Map, path: &str, epsilon: f64) -> Map {
    let half = network.channels(map) / 2;
    let map = network.batch_norm(map, format!("{path}.norm"), epsilon);
    let map = network.relu(map);
    let map = network.convolution(map, format!("{path}.conv"), half, Window::POINT);
    network.average_pool(map, Window::square(2, 2, 0), false)
}
