//! Compares InceptionV3 with Keras on real weights and real X-rays.
//!
//! The weights are too large for the repository. Without `RADIOGRAPH_WEIGHTS`, these tests are recorded as skipped.

use std::path::{Path, PathBuf};

use radiograph_backbone::{Backbone, Form, Identity, Options};
use radiograph_files::ContentHash;
use radiograph_image::{Limits, decode, preprocess::Preprocess, read_file};
use radiograph_input::{Filter, Fit, Normalisation};
use radiograph_weights::{Architecture, Lineage};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::{devices::device, reference};

#[derive(Deserialize)]
struct Reference {
    options: ReferenceOptions,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct ReferenceOptions {
    avg_pool_count_include_pad: bool,
    bn_eps: f64,
}

#[derive(Deserialize)]
struct Case {
    image: String,
    pixels: String,
    size: u32,
    shape: Vec<i64>,
    index: Vec<i64>,
    value: Vec<f64>,
}

impl Reference {
    fn lineage(&self) -> Lineage {
        Lineage {
            pooling_counts_padding: self.options.avg_pool_count_include_pad,
            batch_norm_epsilon: self.options.bn_eps,
            transforms_input: false,
        }
    }
}

impl Case {
    /// Relative l2 error over the sampled values, and the largest error as a share of the largest value.
    fn errors(&self, backbone: &Backbone, image: &Path) -> (f64, f64) {
        let features = backbone.forward_features(&input(image, self.size)).unwrap().squeeze_dim(0);
        assert_eq!(features.size(), self.shape);
        let flat = features.flatten(0, -1).to_device(tch::Device::Cpu);
        let got = flat.index_select(0, &Tensor::from_slice(&self.index)).to_kind(Kind::Double);
        let expected = Tensor::from_slice(&self.value);
        let (norm, largest) = (expected.norm().double_value(&[]), expected.abs().max().double_value(&[]));
        let difference = got - expected;
        (difference.norm().double_value(&[]) / norm, difference.abs().max().double_value(&[]) / largest)
    }
}

/// The input from an image file, decoded, resized and normalised by this project: `[1, 3, size, size]`.
fn input(path: &Path, size: u32) -> Tensor {
    let bytes = read_file(path, &Limits::default()).unwrap();
    let picture = decode(&bytes, &Limits::default()).unwrap();
    let steps = Preprocess {
        size,
        fit: Fit::Stretch,
        filter: Filter::Bilinear,
        normalisation: Normalisation::Tf,
        ..Preprocess::default()
    };
    let values: Vec<f32> = steps.check().unwrap().apply(picture).into_iter().collect();
    let image = Tensor::from_slice(&values).view([1, 3, i64::from(size), i64::from(size)]);
    image.to_device(device().to_tch())
}

/// Keras's values for four inputs: several images and several sizes.
fn reference() -> Reference {
    let reference: Reference = reference::read("inception_v3_real.json");
    assert_eq!(reference.cases.len(), 4);
    assert!(
        reference.cases.iter().all(|case| !case.value.is_empty() && case.index.len() == case.value.len())
    );
    reference
}

/// Weights file; without it the test is recorded as skipped.
fn weights() -> Option<PathBuf> {
    Some(radiograph_needs::folder("RADIOGRAPH_WEIGHTS")?.join("inception_v3.keras.safetensors"))
}

fn load(path: &Path, lineage: Lineage, form: Form) -> Backbone {
    let options = Options { form, ..Options::default() };
    Backbone::load_with(path, Architecture::INCEPTION_V3, lineage, device(), options).unwrap()
}

#[test]
fn golden_backbone_real_weights_on_the_pixels_of_the_reference() {
    let Some(weights) = weights() else { return };
    let reference = reference();
    for form in [Form::Plain, Form::Folded] {
        let backbone = load(&weights, reference.lineage(), form);
        let sha256 = ContentHash::of_file(&weights).unwrap();
        assert_eq!(backbone.identity(), &Identity::File { sha256 });
        for case in &reference.cases {
            let (relative, largest) = case.errors(&backbone, &reference::path(&case.pixels));
            assert!(relative < 1e-4 && largest < 1e-4, "{form:?} {}: {relative:e} {largest:e}", case.pixels);
        }
    }
}

#[test]
fn golden_backbone_real_weights_through_own_decoding_and_resizing() {
    let Some(weights) = weights() else { return };
    let Some(data) = radiograph_needs::folder("RADIOGRAPH_DATA") else { return };
    let reference = reference();
    let backbone = load(&weights, reference.lineage(), Form::Folded);
    for case in &reference.cases {
        let (relative, largest) = case.errors(&backbone, &data.join(&case.image));
        assert!(relative < 2e-2 && largest < 2e-2, "{} {}: {relative:e} {largest:e}", case.image, case.size);
    }
}

/// Otherwise the tests above would pass with any lineage and prove nothing.
#[test]
fn golden_backbone_real_weights_show_a_wrong_lineage() {
    let Some(weights) = weights() else { return };
    let reference = reference();
    let right = reference.lineage();
    for (wrong, at_least) in [
        (Lineage { pooling_counts_padding: true, ..right }, 0.2),
        (Lineage { batch_norm_epsilon: 1e-5, ..right }, 1e-2),
        (Lineage { transforms_input: true, ..right }, 0.1),
    ] {
        let backbone = load(&weights, wrong, Form::Folded);
        let mut compared = 0;
        for case in reference.cases.iter().filter(|case| case.size == 224) {
            let (relative, _) = case.errors(&backbone, &reference::path(&case.pixels));
            assert!(relative > at_least, "{wrong:?}: {relative:e} passes for right");
            compared += 1;
        }
        assert!(compared > 0, "no case has 224 pixels");
    }
}

#[test]
fn a_file_of_another_network_is_refused() {
    let Some(weights) = weights() else { return };
    let lineage = Lineage::keras(Architecture::DENSENET121);
    let error = Backbone::load(&weights, Architecture::DENSENET121, lineage, device()).unwrap_err();
    assert!(error.to_string().contains("inception_v3"), "{error}");
    let options = Options { classifier: true, ..Options::default() };
    let lineage = Lineage::keras(Architecture::INCEPTION_V3);
    let error =
        Backbone::load_with(&weights, Architecture::INCEPTION_V3, lineage, device(), options).unwrap_err();
    assert!(error.to_string().contains("fc.weight"), "{error}");
}
