//! Tests of reading and cutting, on files of this crate's own export and on messages put together by hand.

use std::collections::HashMap;

use prost::Message;
use radiograph_weights::{Architecture, Expected};

use super::*;
use crate::{
    Export,
    proto::{self, Dimension, TensorShapeProto, TypeProto},
};

/// DenseNet121 for squares of 64 pixels, with two outputs.
fn densenet() -> Vec<u8> {
    let architecture = Architecture::DENSENET121;
    let lengths: HashMap<String, usize> =
        Expected::of(architecture).into_iter().map(|one| (one.name, one.shape.iter().product())).collect();
    let layers = ["features.denseblock3", "features.norm5"].map(str::to_owned).to_vec();
    let export = Export { layers, ..Export::new(architecture, architecture.lineage(), [64, 64]) };
    export.bytes(|name| Ok(vec![0.5; lengths[name]])).unwrap()
}

fn file(bytes: Vec<u8>) -> Result<NetworkFile, NetworkFileError> {
    NetworkFile::of_bytes(Path::new("it.onnx"), bytes)
}

fn value(name: &str, kind: i32, sides: &[Side]) -> ValueInfoProto {
    let dim = sides.iter().map(|side| Dimension { value: Some(side.clone()) }).collect();
    let tensor_type = TensorType { elem_type: Some(kind), shape: Some(TensorShapeProto { dim }) };
    let r#type = Some(TypeProto { tensor_type: Some(tensor_type) });
    ValueInfoProto { name: Some(name.to_owned()), r#type, doc_string: None }
}

/// A file with these inputs and one node.
fn with_inputs(input: Vec<ValueInfoProto>) -> Vec<u8> {
    let node = proto::NodeProto {
        input: vec!["image".to_owned()],
        output: vec!["map".to_owned()],
        ..proto::NodeProto::default()
    };
    let graph = proto::GraphProto {
        node: vec![node],
        input,
        output: vec![value("map", FLOAT, &[])],
        ..proto::GraphProto::default()
    };
    proto::ModelProto { graph: Some(graph), ..proto::ModelProto::default() }.encode_to_vec()
}

fn image(sides: &[i64]) -> Vec<ValueInfoProto> {
    let sides: Vec<Side> = sides.iter().map(|side| Side::Known(*side)).collect();
    vec![value("image", FLOAT, &sides)]
}

#[test]
fn the_only_output_is_the_map_and_any_other_tensor_may_be_named() {
    let several = file(densenet()).unwrap();
    let error = several.feature_map(None).unwrap_err();
    assert!(matches!(&error, NetworkFileError::Outputs { outputs, .. } if outputs.len() == 2), "{error}");
    assert_eq!(several.feature_map(Some("features.norm5")).unwrap(), "features.norm5");
    assert_eq!(several.feature_map(Some("/1")).unwrap(), "/1", "the first node");
    let one = file(several.up_to("features.denseblock3").unwrap()).unwrap();
    assert_eq!(one.feature_map(None).unwrap(), "features.denseblock3");
}

#[test]
fn a_wrong_name_lists_what_there_is() {
    let file = file(densenet()).unwrap();
    for wrong in ["norm5", "", "image", "features.conv0.weight"] {
        let error = file.feature_map(Some(wrong)).unwrap_err();
        let NetworkFileError::Tensor { all, candidates, .. } = &error else { panic!("{error}") };
        assert!(*all > 300, "{all}");
        assert_eq!(candidates[..2], ["features.denseblock3", "features.norm5"]);
        assert_eq!(candidates.len(), NAMED);
    }
}

#[test]
fn a_cut_file_holds_what_its_output_needs_and_the_rest_as_it_was() {
    let bytes = densenet();
    let whole = proto::ModelProto::decode(&bytes[..]).unwrap();
    let cut = file(bytes).unwrap().up_to("features.denseblock3").unwrap();
    let cut = proto::ModelProto::decode(&cut[..]).unwrap();
    let (before, after) = (whole.graph.as_ref().unwrap(), cut.graph.as_ref().unwrap());
    let outputs: Vec<_> = after.output.iter().map(name).collect();
    assert_eq!(outputs, ["features.denseblock3"]);
    assert!(after.node.len() < before.node.len(), "{} of {}", after.node.len(), before.node.len());
    // The nodes that are left are the first ones, but for the map's own.
    assert_eq!(
        after.node[..],
        before.node.iter().filter(|node| after.node.contains(node)).cloned().collect::<Vec<_>>()
    );
    assert!(!after.node.iter().any(|node| node.output.contains(&"features.norm5".to_owned())));
    assert_eq!((&after.initializer, &after.input), (&before.initializer, &before.input));
    assert_eq!((whole.opset_import, whole.metadata_props), (cut.opset_import, cut.metadata_props));
}

#[test]
fn files_of_other_kinds_are_named() {
    for bytes in
        [&b""[..], b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04", &[0xff; 64], b"\x08\x08"]
    {
        assert!(matches!(file(bytes.to_vec()), Err(NetworkFileError::NotOnnx { .. })), "{bytes:?}");
    }
    let whole = densenet();
    let cut_short = file(whole[..whole.len() / 2].to_vec());
    assert!(matches!(cut_short, Err(NetworkFileError::NotOnnx { .. })));
    let missing = NetworkFile::read(Path::new("/nowhere/it.onnx")).unwrap_err();
    assert!(missing.to_string().starts_with("/nowhere/it.onnx cannot be read"), "{missing}");
}

#[test]
fn inputs_of_another_number_type_or_shape_are_named() {
    let gray = file(with_inputs(image(&[1, 1, 64, 64]))).unwrap();
    gray.require_image([1, 64, 64]).unwrap();
    for other in [[3, 64, 64], [1, 63, 64], [1, 64, 65]] {
        let error = gray.require_image(other).unwrap_err().to_string();
        assert!(error.contains("[1, 1, 64, 64]") && error.contains(&format!("[1, {}", other[0])), "{error}");
    }
    let of_eight = file(with_inputs(image(&[8, 3, 64, 64]))).unwrap();
    assert!(matches!(of_eight.require_image([3, 64, 64]), Err(NetworkFileError::InputShape { .. })));
    let channels_last = file(with_inputs(image(&[-1, 64, 64, 3]))).unwrap();
    assert!(channels_last.require_image([3, 64, 64]).is_err());
    for free in [vec![-1, 3, 0, 0], vec![1, 3, 64, 64]] {
        file(with_inputs(image(&free))).unwrap().require_image([3, 64, 64]).unwrap();
    }
    file(densenet()).unwrap().require_image([3, 64, 64]).unwrap();

    let two = file(with_inputs([image(&[1]), vec![value("mask", FLOAT, &[])]].concat())).unwrap_err();
    assert!(two.to_string().contains("2 inputs (image, mask)"), "{two}");
    let none = file(with_inputs(Vec::new())).unwrap_err();
    assert!(matches!(none, NetworkFileError::Inputs { .. }), "{none}");
    let bytes = file(with_inputs(vec![value("image", 2, &[])])).unwrap_err();
    assert!(bytes.to_string().contains("holds u8"), "{bytes}");
}

/// `data_location` of an initializer, which `proto` does not have, because nothing of it is written.
#[test]
fn values_in_another_file_are_refused() {
    let mut bytes = with_inputs(image(&[1, 3, 8, 8]));
    // ModelProto.graph { initializer { name: "w", data_location: EXTERNAL } }, which protobuf merges into the graph.
    bytes.extend([0x3a, 7, 0x2a, 5, 0x42, 1, b'w', 0x70, 1]);
    let error = file(bytes).unwrap_err();
    assert!(matches!(&error, NetworkFileError::External { tensor, .. } if tensor == "w"), "{error}");
}
