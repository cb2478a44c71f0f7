//! VGG19 without batch normalisation (Simonyan and Zisserman, 2015), with torchvision's tensor names.

use radiograph_input::{Filter, Normalisation};

use super::layers::CLASSES;
use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, OriginalChecksum, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "vgg19",
    title: "VGG19",
    input_channels: 3,
    native_size: 224,
    micro_batch: 4,
    families: &[
        Family { name: "timm", lineage: LINEAGE, normalisation: Normalisation::Torch },
        Family { name: "torchvision", lineage: LINEAGE, normalisation: Normalisation::Torch },
        Family { name: "keras", lineage: LINEAGE, normalisation: Normalisation::Caffe },
    ],
    features,
    classifier: Some(classifier),
    auxiliary: None,
    published: &[
        Published {
            source_url: Some("https://huggingface.co/timm/vgg19.tv_in1k/resolve/main/model.safetensors"),
            revision: Some("128d470"),
            sha256: Some("11aea017b543ff59233749d8f1cf544cda749378f5790d2fedab841fb86b7669"),
            licence: Some("bsd-3-clause"),
            interpolation: Some(Filter::Bilinear),
            resize: Some(256),
            ..Published::of_imagenet("tv_in1k", "timm")
        },
        Published {
            source_url: Some(
                "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/\
                 vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            ),
            original: Some(OriginalChecksum::Md5("253f8cb515780f3b799900260a226db6")),
            licence: Some("CC-BY-4.0 (Oxford's weights)"),
            ..Published::of_imagenet("keras", "keras")
        },
    ],
};

const LINEAGE: Lineage = Lineage::with_epsilon(1e-5);

/// Channels of each stage, and the positions of its convolutions in `features`.
const STAGES: [(i64, &[usize]); 5] = [
    (64, &[0, 2]),
    (128, &[5, 7]),
    (256, &[10, 12, 14, 16]),
    (512, &[19, 21, 23, 25]),
    (512, &[28, 30, 32, 34]),
];

/// Sixteen convolutions of 3 × 3 in five stages, each of which ends with a max pooling.
fn features(network: &mut Builder, _: &Lineage) -> Map {
    let mut map = network.image();
    for (channels, positions) in STAGES {
        let mut last = 0;
        for position in positions {
            map =
                network.biased_convolution(map, format!("features.{position}"), channels, Window::same(3, 3));
            map = network.relu(map);
            last = *position;
        }
        map = network.max_pool(map, Window::square(2, 2, 0));
        network.layer(format!("features.{}", last + 2), map);
    }
    map
}

/// Three dense layers on 7 × 7 cells. Dropout is absent because it acts in training only.
fn classifier(network: &mut Builder, map: Map) -> Map {
    let vector = network.average_grid(map, 7);
    let hidden = network.linear(vector, "classifier.0", 4096);
    let hidden = network.relu(hidden);
    let hidden = network.linear(hidden, "classifier.3", 4096);
    let hidden = network.relu(hidden);
    network.linear(hidden, "classifier.6", CLASSES)
}
