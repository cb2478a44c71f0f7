//! Compares conversions with those of `docs/convert_weights.py`, for files that Keras itself wrote with seeded weights.

use std::{path::PathBuf, process::Command};

use radiograph_needs::Need;
use radiograph_weights::{Group, WeightsFolder, WeightsName};
use safetensors::SafeTensors;

use super::*;

fn needs_keras() -> bool {
    let packages = Need::PythonModules("h5py, jax, keras, numpy, safetensors".to_owned());
    if !packages.is_met() {
        radiograph_needs::skip(&packages);
    }
    packages.is_met()
}

/// A file that Keras wrote, and what the script makes of it.
fn written(folder: &Path, network: Architecture, layout: &str) -> (PathBuf, Vec<u8>) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = folder.join(format!("{network}-{layout}"));
    let run = Command::new(radiograph_needs::python())
        .arg(here.join("src/command/weights/keras/write.py"))
        .args([here.join("../../docs"), network.name().into(), layout.into(), out.clone()])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    (out.with_extension("h5"), fs::read(out.with_extension("safetensors")).unwrap())
}

/// A file of the network as Keras writes it; `None` after recording the test as skipped.
pub(in super::super) fn written_by_keras(network: Architecture) -> Option<Vec<u8>> {
    let folder = needs_keras().then(|| tempfile::tempdir().unwrap())?;
    Some(fs::read(written(folder.path(), network, "weights").0).unwrap())
}

#[test]
fn keras_files_become_what_the_script_makes_of_them() {
    if !needs_keras() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (network, layout) in [
        (Architecture::DENSENET121, "whole"),
        (Architecture::DENSENET121, "weights"),
        (Architecture::VGG19, "first"),
        (Architecture::INCEPTION_V3, "whole"),
        (Architecture::INCEPTION_RESNET_V2, "weights"),
    ] {
        let (file, expected) = written(folder.path(), network, layout);
        assert!(is_hdf5(&file));
        let into = folder.path().join("converted.safetensors");
        let origin = convert(&file, "w.h5", network, &into).unwrap();
        assert!(origin.starts_with("converted from w.h5, SHA-256 "), "{origin}");
        let found = fs::read(&into).unwrap();
        let (found, expected) =
            (SafeTensors::deserialize(&found).unwrap(), SafeTensors::deserialize(&expected).unwrap());
        let features = Expected::of(network).into_iter().filter(|one| one.group == Group::Features).count();
        assert_eq!((found.len(), expected.len()), (features, features), "{network}");
        for (name, tensor) in expected.tensors() {
            let own = found.tensor(&name).unwrap();
            assert_eq!(own.shape(), tensor.shape(), "{name}");
            assert!(own.data() == tensor.data(), "{network} {layout}: other values of {name}");
        }
        let name: WeightsName = format!("{network}.keras").parse().unwrap();
        let record = WeightsFolder::identify(&name, &into).unwrap();
        assert_eq!(record.lineage, radiograph_weights::Lineage::keras(network));
        assert_eq!(record.origin.as_deref(), Some(origin.as_str()));
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_file_of_another_network_is_refused_with_the_layer() {
    if !needs_keras() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = written(folder.path(), Architecture::DENSENET121, "weights");
    let into = folder.path().join("converted.safetensors");
    let error = convert(&file, "w.h5", Architecture::VGG19, &into).unwrap_err().to_string();
    assert!(error.contains("vgg19 has no layer bn;"), "{error}");
    let error = convert(&file, "w.h5", Architecture::INCEPTION_V3, &into).unwrap_err().to_string();
    assert!(error.contains("0 layers are called conv2d…, and inception_v3 has 94"), "{error}");
    // Every byte of the beginning matters, and none makes the reader fail otherwise than with an error.
    let whole = fs::read(&file).unwrap();
    for cut in [8, 100, 2048, whole.len() / 2] {
        fs::write(&file, &whole[..cut]).unwrap();
        assert!(convert(&file, "w.h5", Architecture::DENSENET121, &into).is_err(), "{cut} bytes");
    }
    assert!(!into.exists());
}

#[test]
fn what_is_no_hdf5_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (folder.path().join("w.h5"), folder.path().join("w.safetensors"));
    for bytes in [&b"<!DOCTYPE html>"[..], b"", b"\x89HDF\r\n\x1a\n"] {
        fs::write(&file, bytes).unwrap();
        let error = convert(&file, "w.h5", Architecture::VGG19, &into).unwrap_err();
        assert!(matches!(error, KerasError::Unreadable { .. }), "{error}");
    }
    assert!(!is_hdf5(&folder.path().join("absent")) && !into.exists());
    // The MD5 of `abc` in RFC 1321.
    fs::write(&file, "abc").unwrap();
    assert_eq!(md5_of_file(&file).unwrap(), "900150983cd24fb0d6963f7d28e17f72");
}

#[test]
fn md5_sums_of_keras_name_the_published_weights() {
    let known = published(Architecture::VGG19, "253f8cb515780f3b799900260a226db6").unwrap();
    assert_eq!(known.tag, "keras");
    assert!(published(Architecture::VGG19, "30ee3e1110167f948a6b9946edeeb738").is_none());
}
