//! Fixtures: small files of weights, written by Hugging Face's crate or byte by byte.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use radiograph_weights::Expected;
use safetensors::{Dtype, tensor::TensorView};

/// A tensor to be written.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

impl Given {
    /// Values in single precision.
    pub(crate) fn f32(name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: name.to_owned(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    /// A counter of batches.
    pub(crate) fn count(name: &str) -> Self {
        let bytes = 7_i64.to_le_bytes().to_vec();
        Self { name: name.to_owned(), dtype: Dtype::I64, shape: Vec::new(), bytes }
    }
}

/// The bytes of a file of these tensors.
pub(crate) fn bytes(tensors: &[Given], metadata: &[(&str, &str)]) -> Vec<u8> {
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap();
        (tensor.name.as_str(), view)
    });
    let texts: HashMap<String, String> =
        metadata.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    safetensors::serialize(views, (!texts.is_empty()).then_some(texts)).unwrap()
}

/// Writes bytes to a file in this folder.
pub(crate) fn file(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("state.safetensors");
    fs::write(&path, bytes).unwrap();
    path
}

/// The bytes of a file with this header, unchecked, and `data` bytes of data.
pub(crate) fn raw(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

/// A network of four tensors with a classifier and an auxiliary classifier.
pub(crate) fn network() -> Vec<Expected> {
    [
        ("stem.conv.weight", &[2, 1, 1, 2][..]),
        ("stem.bn.weight", &[2]),
        ("stem.bn.running_mean", &[2]),
        ("fc.weight", &[3, 2]),
        ("fc.bias", &[3]),
        ("AuxLogits.fc.weight", &[3, 2]),
        ("AuxLogits.fc.bias", &[3]),
    ]
    .map(|(name, shape)| Expected::new(name, shape))
    .to_vec()
}

/// The network's complete feature extractor.
pub(crate) fn features() -> Vec<Given> {
    vec![
        Given::f32("stem.conv.weight", &[2, 1, 1, 2], &[1.0, -2.0, 3.5, f32::MIN_POSITIVE]),
        Given::f32("stem.bn.weight", &[2], &[1.0, 1.0]),
        Given::f32("stem.bn.running_mean", &[2], &[0.0, -0.0]),
    ]
}

/// A complete file of one of the four networks, with small numbers and these texts.
pub(crate) fn whole(architecture: radiograph_weights::Architecture, metadata: &[(&str, &str)]) -> Vec<u8> {
    let features = |one: &Expected| one.group == radiograph_weights::Group::Features;
    let tensors: Vec<Given> = Expected::of(architecture)
        .into_iter()
        .filter(features)
        .map(|one| {
            let count = one.shape.iter().product::<usize>();
            Given { bytes: vec![0; 4 * count], name: one.name, dtype: Dtype::F32, shape: one.shape }
        })
        .collect();
    bytes(&tensors, metadata)
}
