//! Tests that Hugging Face's own readers, in Rust and in Python, can read the shards.

use std::{fs, process::Command};

use radiograph_features::{Element, Part, StoreWriter};
use radiograph_needs::Need;
use safetensors::{Dtype, SafeTensors};

use crate::scene::{SHAPE, description, fill, images, key, map, shards, store};

#[test]
fn every_shard_is_valid_safetensors() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let mut found = 0;
    for shard in shards(folder.path()) {
        let bytes = fs::read(&shard).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = metadata.metadata().as_ref().unwrap();
        assert_eq!(metadata["preprocessing"], key().preprocessing);
        assert_eq!(metadata["weights"], key().weights.to_string());
        assert_eq!(metadata["computation"], "unknown");
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        found += tensors.len();
        for id in images(100) {
            let Ok(tensor) = tensors.tensor(&id.to_string()) else { continue };
            assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F32, &SHAPE[..]));
            let values = tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
            assert!(values.eq(map(id)));
        }
    }
    assert_eq!(found, 100);
}

/// Prints the names in order, the sum of all values and the number formats, as NumPy sees them.
const SCRIPT: &str = r#"
import sys
from pathlib import Path
from safetensors.numpy import load_file

store = sys.argv[1]
shards = [Path(store) / f"{listed.stem}.safetensors" for listed in Path(store, "index").glob("*.json")]
features = {name: value for shard in shards for name, value in load_file(shard).items()}
kinds = {str(value.dtype) for value in features.values()}
shapes = {value.shape for value in features.values()}
print(len(features), sum(float(value.astype("float64").sum()) for value in features.values()), *kinds, *shapes)
"#;

#[test]
fn python_reads_the_features_as_documented() {
    let packages = Need::PythonModules("numpy, safetensors".to_owned());
    if !packages.is_met() {
        return radiograph_needs::skip(&packages);
    }
    let python = radiograph_needs::python();
    let expected: f64 = images(70).iter().flat_map(|&id| map(id)).map(f64::from).sum();
    for (element, kind) in [(Element::F32, "float32"), (Element::F16, "float16")] {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = StoreWriter::open(folder.path(), &description(element), Part::WHOLE).unwrap();
        fill(&mut writer, &images(70)).unwrap();
        let output = Command::new(&python).args(["-c", SCRIPT]).arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Multiples of an eighth add up exactly.
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("70 {expected} {kind} (8, 3, 3)"));
    }
}
