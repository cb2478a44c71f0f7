//! Tests of the files as messages; ONNX Runtime computes them in `tests/onnx.rs` of the workspace.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost::Message;
use radiograph_input::Normalisation;
use radiograph_weights::{Architecture, Expected, Family, Lineage, NetworkDefinition, graph::Window};

use crate::{Export, OnnxError, proto::ModelProto};

fn model(name: &str, side: u32) -> ModelProto {
    let architecture: Architecture = name.parse().unwrap();
    let lengths: HashMap<String, usize> =
        Expected::of(architecture).into_iter().map(|one| (one.name, one.shape.iter().product())).collect();
    let export = Export::new(architecture, architecture.lineage(), [side, side]);
    export.model(&mut |name| Ok(vec![1.0; lengths[name]])).unwrap()
}

/// Layers of each kind as the networks' papers and publishers count them, without classifiers.
#[test]
fn every_network_has_the_layers_of_its_publisher() {
    for (name, side, kind, count) in [
        ("vgg19", 32, "Conv", 16),
        ("vgg19", 32, "MaxPool", 5),
        ("resnet50", 64, "Conv", 53),
        ("resnet50", 64, "BatchNormalization", 53),
        ("densenet121", 32, "Conv", 120),
        ("densenet121_xrv", 32, "BatchNormalization", 121),
        ("inception_v3", 75, "Conv", 94),
        ("inception_resnet_v2", 75, "Conv", 244),
        ("convnext_tiny", 32, "Conv", 22),
        ("convnext_tiny", 32, "Gelu", 18),
        ("vit_base_patch14_dinov2", 28, "Softmax", 12),
        ("vit_base_patch14_dinov2", 28, "LayerNormalization", 25),
    ] {
        let graph = model(name, side).graph.unwrap();
        let of_kind = graph.node.iter().filter(|node| node.op_type.as_deref() == Some(kind));
        assert_eq!(of_kind.count(), count, "{name}: {kind}");
        let mut known: BTreeSet<&str> =
            graph.input.iter().filter_map(|input| input.name.as_deref()).collect();
        known.extend(graph.initializer.iter().filter_map(|constant| constant.name.as_deref()));
        known.insert("");
        for node in &graph.node {
            assert!(node.input.iter().all(|input| known.contains(input.as_str())), "{name}: {node:?}");
            known.extend(node.output.iter().map(String::as_str));
        }
        assert!(graph.output.iter().all(|output| known.contains(output.name.as_deref().unwrap())), "{name}");
    }
}

/// A layer that is called as a parameter is.
static CLASH: NetworkDefinition = NetworkDefinition {
    name: "clash",
    title: "Clash",
    input_channels: 3,
    native_size: 8,
    micro_batch: 1,
    families: &[Family {
        name: "none",
        lineage: Lineage::with_epsilon(1e-5),
        normalisation: Normalisation::Torch,
    }],
    features: |network, _| {
        let map = network.convolution(network.image(), "conv", 2, Window::square(2, 2, 0));
        network.layer("conv.weight", map);
        map
    },
    classifier: None,
    auxiliary: None,
    published: &[],
};

#[test]
fn what_cannot_be_written_is_an_error() {
    let architecture = Architecture::VGG19;
    let export = Export::new(architecture, architecture.lineage(), [32, 32]);
    let message = |export: &Export, length| export.bytes(|_| Ok(vec![0.0; length])).unwrap_err().to_string();
    assert_eq!(message(&export, 3), "features.0.weight has 3 values instead of 1728");
    let small = Export { size: [31, 32], ..export.clone() };
    assert!(message(&small, 1).starts_with("vgg19: images of 31 × 32 pixels are too small"));
    let layer = Export { layers: vec!["features.99".to_owned()], ..export };
    let message = message(&layer, 1);
    assert!(message.starts_with("vgg19 has no layer features.99; it has features."), "{message}");

    let clash = Architecture::register(&CLASH).unwrap();
    let error = Export::new(clash, clash.lineage(), [8, 8]).bytes(|_| Ok(vec![0.0; 24])).unwrap_err();
    assert!(matches!(&error, OnnxError::Name { name } if name == "conv.weight"), "{error}");
}

#[test]
fn tensors_keep_their_bits_and_equal_settings_give_equal_files() {
    let architecture = Architecture::INCEPTION_V3;
    let lengths: BTreeMap<String, usize> =
        Expected::of(architecture).into_iter().map(|one| (one.name, one.shape.iter().product())).collect();
    let fill = |name: &str| {
        let first = name.bytes().map(f32::from).sum::<f32>() / 3.0;
        (0..lengths[name]).map(|place| first + place as f32 / 7.0).collect::<Vec<f32>>()
    };
    let export = Export::new(architecture, architecture.lineage(), [75, 75]);
    let bytes = export.bytes(|name| Ok(fill(name))).unwrap();
    assert_eq!(bytes, export.bytes(|name| Ok(fill(name))).unwrap());
    let graph = ModelProto::decode(bytes.as_slice()).unwrap().graph.unwrap();
    let mut compared = 0;
    for tensor in graph.initializer.iter().filter(|one| lengths.contains_key(one.name.as_deref().unwrap())) {
        let expected: Vec<u8> =
            fill(tensor.name.as_deref().unwrap()).into_iter().flat_map(f32::to_le_bytes).collect();
        assert!(tensor.raw_data.as_ref() == Some(&expected), "{:?}", tensor.name);
        compared += 1;
    }
    // 94 convolutions, and 94 normalisations of four tensors each.
    assert_eq!(compared, 94 * 5);
}
