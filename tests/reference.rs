//! Reads reference values of other software and compares tensors with them.

use std::{env, fs, path::PathBuf};

use serde::{Deserialize, de::DeserializeOwned};
use tch::{Device, Kind, Tensor};

/// A reference file: from the folder in `RADIOGRAPH_REFERENCE` if it is set, else the project's copy.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    parse(&path(name))
}

/// Path of that file.
pub(crate) fn path(name: &str) -> PathBuf {
    let copy = || folder().join("golden/reference");
    env::var_os("RADIOGRAPH_REFERENCE").map_or_else(copy, PathBuf::from).join(name)
}

/// The folder of these tests: where they were built, or the current one on a machine to which the built program was carried.
fn folder() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if built.is_dir() { built } else { PathBuf::from(".") }
}

/// A golden file of this folder.
pub(crate) fn golden<T: DeserializeOwned>(name: &str) -> T {
    parse(&folder().join("golden").join(name))
}

fn parse<T: DeserializeOwned>(path: &PathBuf) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Values of a tensor at `index` of its flattened form, or all of them.
#[derive(Deserialize)]
pub(crate) struct Sample {
    shape: Vec<i64>,
    #[serde(default)]
    index: Vec<i64>,
    value: Vec<f64>,
}

impl Sample {
    /// Checks the shape, and that no value deviates by more than `tolerance` of the largest value.
    pub(crate) fn assert_close(&self, tensor: &Tensor, tolerance: f64) {
        assert_eq!(tensor.size(), self.shape);
        assert!(!self.value.is_empty(), "a sample of nothing compares nothing");
        let flat = tensor.to_device(Device::Cpu).to_kind(Kind::Double).reshape([-1]);
        let got =
            if self.index.is_empty() { flat } else { flat.index_select(0, &Tensor::from_slice(&self.index)) };
        let got = Vec::<f64>::try_from(got).expect("a flat tensor of f64");
        assert_eq!(got.len(), self.value.len());
        let largest = self.value.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (place, (got, expected)) in got.iter().zip(&self.value).enumerate() {
            let error = (got - expected).abs() / largest;
            assert!(
                error <= tolerance,
                "value {place}: {got}, expected {expected}, off by {error:e} of the largest"
            );
        }
    }
}
