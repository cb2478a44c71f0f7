//! ConvNeXt-Tiny (Liu et al., 2022), with timm's tensor names.

use radiograph_input::{Filter, Normalisation};

use super::layers::{CLASSES, norm_of_cells};
use crate::{
    Lineage,
    definition::{Family, NetworkDefinition, Published},
    graph::{Builder, Map, Window},
};

pub(super) const DEFINITION: NetworkDefinition = NetworkDefinition {
    name: "convnext_tiny",
    title: "ConvNeXt-Tiny",
    input_channels: 3,
    native_size: 224,
    micro_batch: 4,
    families: &[Family {
        name: "timm",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: Normalisation::Torch,
    }],
    features,
    classifier: Some(classifier),
    auxiliary: None,
    published: &[Published {
        source_url: Some("https://huggingface.co/timm/convnext_tiny.fb_in1k/resolve/main/model.safetensors"),
        licence: Some("apache-2.0"),
        interpolation: Some(Filter::Bicubic),
        resize: Some(256),
        ..Published::of_imagenet("fb_in1k", "timm")
    }],
};

/// Blocks and channels of each stage.
const STAGES: [(usize, i64); 4] = [(3, 96), (3, 192), (9, 384), (3, 768)];
/// Summand of the variance in layer normalisation.
const EPSILON: f64 = 1e-6;

/// A stem of patches and four stages; each but the first starts with a halving.
fn features(network: &mut Builder, _: &Lineage) -> Map {
    let image = network.image();
    let map = network.biased_convolution(image, "stem.0", STAGES[0].1, Window::square(4, 4, 0));
    let mut map = norm_of_cells(network, map, "stem.1", EPSILON);
    for (number, (blocks, channels)) in STAGES.into_iter().enumerate() {
        let stage = format!("stages.{number}");
        if number > 0 {
            map = norm_of_cells(network, map, format!("{stage}.downsample.0"), EPSILON);
            let halving = Window::square(2, 2, 0);
            map = network.biased_convolution(map, format!("{stage}.downsample.1"), channels, halving);
        }
        for block in 0..blocks {
            map = self::block(network, map, &format!("{stage}.blocks.{block}"));
        }
        network.layer(stage, map);
    }
    map
}

/// A depthwise convolution and two dense layers on each cell, scaled and added to the input.
fn block(network: &mut Builder, input: Map, path: &str) -> Map {
    let channels = network.channels(input);
    let map = network.depthwise_convolution(input, format!("{path}.conv_dw"), Window::same(7, 7));
    let tokens = network.tokens(map);
    let tokens = network.layer_norm(tokens, format!("{path}.norm"), EPSILON);
    let tokens = network.linear(tokens, format!("{path}.mlp.fc1"), 4 * channels);
    let tokens = network.gelu(tokens);
    let tokens = network.linear(tokens, format!("{path}.mlp.fc2"), channels);
    let tokens = network.layer_scale(tokens, format!("{path}.gamma"));
    let map = network.cells(tokens, 0, input);
    network.add(map, input)
}

/// Mean of all cells, layer normalisation and one dense layer.
fn classifier(network: &mut Builder, map: Map) -> Map {
    let vector = network.global_average(map);
    let vector = network.layer_norm(vector, "head.norm", EPSILON);
    network.linear(vector, "head.fc", CLASSES)
}
