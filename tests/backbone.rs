//! Compares the paper's four networks with torchvision, timm and Keras: with weights by formula at two sizes, and with
//! real weights on real X-rays.

use std::{collections::BTreeMap, sync::LazyLock};

use radiograph_backbone::{Backbone, BackboneError, Form, Options};
use radiograph_features::Arithmetic;
use radiograph_libtorch::LIBTORCH_VERSION;
use radiograph_weights::{Architecture, Lineage};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::{
    devices::device,
    fill::Fill,
    reference::{self, Sample},
};

#[derive(Deserialize)]
pub(crate) struct Reference {
    salt: String,
    pub(crate) cases: Vec<Case>,
    parameters: BTreeMap<Architecture, Vec<(String, Vec<i64>)>>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) backbone: Architecture,
    #[serde(default)]
    options: CaseOptions,
    pub(crate) input: [i64; 4],
    pub(crate) output: Sample,
}

impl Case {
    /// How its network computes.
    pub(crate) fn lineage(&self) -> Lineage {
        let lineage = published(self.backbone);
        let counts = self.options.avg_pool_count_include_pad;
        Lineage { pooling_counts_padding: counts.unwrap_or(lineage.pooling_counts_padding), ..lineage }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
struct CaseOptions {
    avg_pool_count_include_pad: Option<bool>,
}

/// The lineage of torchvision's and timm's networks, without InceptionV3's input transform, which the reference leaves
/// out.
fn published(architecture: Architecture) -> Lineage {
    Lineage { transforms_input: false, ..Lineage::torchvision(architecture) }
}

pub(crate) static REFERENCE: LazyLock<Reference> = LazyLock::new(|| reference::read("backbones.json"));

impl Reference {
    /// Every tensor of a network by formula, with or without its classifier, and without the auxiliary classifier,
    /// which no pass uses.
    pub(crate) fn tensors(&self, architecture: Architecture, classifier: bool) -> BTreeMap<String, Tensor> {
        let fill = Fill::new(&self.salt);
        let unused = |name: &str| {
            let head = name.starts_with("classif") || name.starts_with("fc.");
            name.starts_with("AuxLogits.") || (head && !classifier)
        };
        let used = self.parameters[&architecture].iter().filter(|(name, _)| !unused(name));
        used.map(|(name, shape)| (name.clone(), fill.parameter(name, shape))).collect()
    }

    fn backbone(&self, architecture: Architecture, lineage: Lineage, form: Form) -> Backbone {
        let options = Options { form, ..Options::default() };
        let tensors = self.tensors(architecture, false);
        Backbone::from_tensors(tensors, architecture, lineage, device(), options).unwrap()
    }

    pub(crate) fn images(&self, shape: &[i64]) -> Tensor {
        Fill::new(&self.salt).values("input", shape)
    }

    /// Compares all cases of a network in both forms, and the two forms with each other.
    fn compare(&self, architecture: Architecture, expected: usize) {
        let mut compared = 0;
        for counts in [None, Some(true), Some(false)] {
            let asked = |case: &&Case| {
                (case.backbone, case.options.avg_pool_count_include_pad) == (architecture, counts)
            };
            let cases: Vec<&Case> = self.cases.iter().filter(asked).collect();
            if cases.is_empty() {
                continue;
            }
            let lineage = cases[0].lineage();
            let forms = [Form::Plain, Form::Folded].map(|form| self.backbone(architecture, lineage, form));
            for case in cases {
                let [count, _, height, width] = case.input;
                let images = self.images(&case.input);
                let [plain, folded] = forms.each_ref().map(|backbone| {
                    let features = backbone.forward_features(&images).unwrap();
                    let [channels, rows, columns] = backbone.feature_shape(height, width).unwrap();
                    assert_eq!(features.size(), [count, channels, rows, columns]);
                    case.output.assert_close(&features, 1e-4);
                    features
                });
                let error = largest(&(&plain - &folded)) / largest(&plain);
                assert!(error < 1e-5, "{architecture}: folding changes {error:e} of the largest value");
                compared += 1;
            }
        }
        assert_eq!(compared, expected, "cases of {architecture}");
    }
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

/// ‖a − b‖ / ‖b‖.
fn relative(tensor: &Tensor, expected: &Tensor) -> f64 {
    (tensor - expected).norm().double_value(&[]) / expected.norm().double_value(&[])
}

#[test]
fn golden_backbone_vgg19() {
    REFERENCE.compare(Architecture::VGG19, 2);
}

#[test]
fn golden_backbone_densenet121() {
    REFERENCE.compare(Architecture::DENSENET121, 2);
}

#[test]
fn golden_backbone_inception_v3_in_both_lineages() {
    REFERENCE.compare(Architecture::INCEPTION_V3, 4);
}

#[test]
fn golden_backbone_inception_resnet_v2() {
    REFERENCE.compare(Architecture::INCEPTION_RESNET_V2, 2);
}

/// In half precision the networks stay near the values that their originals compute in f32, and not nearer than its digits
/// allow: a network that silently computed in f32 would be.
#[test]
fn golden_backbone_in_half_precision() {
    let mut compared = 0;
    for case in REFERENCE.cases.iter().filter(|case| case.options.avg_pool_count_include_pad != Some(true)) {
        let images = REFERENCE.images(&case.input);
        let features = |arithmetic| {
            let options = Options { arithmetic, ..Options::default() };
            let tensors = REFERENCE.tensors(case.backbone, false);
            let backbone =
                Backbone::from_tensors(tensors, case.backbone, case.lineage(), device(), options).unwrap();
            assert_eq!(backbone.arithmetic(), arithmetic);
            backbone.forward_features(&images).unwrap()
        };
        let single = features(Arithmetic::F32);
        for (arithmetic, limit, least) in [(Arithmetic::Bf16, 0.02, 1e-3), (Arithmetic::F16, 0.003, 1e-4)] {
            // libtorch 2.0 has no convolutions in f16 on a processor.
            if arithmetic == Arithmetic::F16 && !device().is_cuda() && LIBTORCH_VERSION.starts_with("2.0.") {
                continue;
            }
            let features = features(arithmetic);
            assert_eq!(features.kind(), Kind::Float);
            case.output.assert_close(&features, limit);
            let error = relative(&features, &single);
            assert!(error > least, "{} in {arithmetic} differs by {error:e}", case.backbone);
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared}");
}

#[test]
fn golden_backbone_reference_has_no_case_that_no_test_reads() {
    assert_eq!(REFERENCE.cases.len(), 10);
    assert_eq!(REFERENCE.parameters.len(), 4);
}

#[derive(Deserialize)]
struct Classifiers {
    cases: Vec<ClassifierCase>,
}

#[derive(Deserialize)]
struct ClassifierCase {
    backbone: Architecture,
    input: [i64; 4],
    logits: Sample,
}

/// `generate.py` beside the reference file made it with torchvision and timm.
#[test]
fn golden_backbone_logits_of_all_four() {
    let golden: Classifiers = reference::golden("backbones/classifiers.json");
    assert_eq!(golden.cases.len(), 4);
    let reference = Reference { salt: String::new(), ..reference::read("backbones.json") };
    for case in golden.cases {
        let tensors = reference.tensors(case.backbone, true);
        let options = Options { classifier: true, ..Options::default() };
        let lineage = published(case.backbone);
        let backbone = Backbone::from_tensors(tensors, case.backbone, lineage, device(), options).unwrap();
        let logits = backbone.classify(&reference.images(&case.input)).unwrap();
        assert_eq!(logits.size(), [case.input[0], 1000]);
        case.logits.assert_close(&logits, 1e-4);
    }
}

#[test]
fn frozen_means_no_gradient_and_unmoved_tensors() {
    let architecture = Architecture::DENSENET121;
    let mut tensors = REFERENCE.tensors(architecture, false);
    for tensor in tensors.values_mut() {
        *tensor = tensor.set_requires_grad(true);
    }
    let before: BTreeMap<String, Tensor> =
        tensors.iter().map(|(name, tensor)| (name.clone(), tensor.detach().copy())).collect();
    let given = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
    let options = Options { form: Form::Plain, ..Options::default() };
    let backbone =
        Backbone::from_tensors(given, architecture, published(architecture), device(), options).unwrap();
    let images = REFERENCE.images(&[2, 3, 64, 64]).set_requires_grad(true);
    let features = backbone.forward_features(&images).unwrap();
    assert!(!features.requires_grad());
    for (name, tensor) in &tensors {
        assert!(!tensor.grad().defined(), "{name} has a gradient");
        assert_eq!(tensor.detach(), before[name], "{name} moved");
    }
}

#[test]
fn tensors_that_change_later_do_not_change_the_network() {
    let architecture = Architecture::DENSENET121;
    let images = REFERENCE.images(&[1, 3, 64, 64]);
    for form in [Form::Plain, Form::Folded] {
        let mut tensors = REFERENCE.tensors(architecture, false);
        let given = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        let options = Options { form, ..Options::default() };
        let backbone =
            Backbone::from_tensors(given, architecture, published(architecture), device(), options).unwrap();
        let before = backbone.forward_features(&images).unwrap();
        for tensor in tensors.values_mut() {
            let _ = tensor.zero_();
        }
        assert_eq!(backbone.forward_features(&images).unwrap(), before, "{form:?}");
    }
}

/// torchvision's `_transform_input`, written out, for comparison with the built-in transform.
#[test]
fn the_input_transform_is_that_of_torchvision() {
    let architecture = Architecture::INCEPTION_V3;
    let images = REFERENCE.images(&[1, 3, 75, 91]);
    let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let channels: Vec<Tensor> = (0..3)
        .map(|channel| {
            let image = images.narrow(1, channel, 1);
            image * (deviation[channel as usize] / 0.5) + (mean[channel as usize] - 0.5) / 0.5
        })
        .collect();
    let outside = Tensor::cat(&channels, 1);
    for form in [Form::Plain, Form::Folded] {
        let without = REFERENCE.backbone(architecture, published(architecture), form);
        let within = REFERENCE.backbone(architecture, Lineage::torchvision(architecture), form);
        let expected = without.forward_features(&outside).unwrap();
        let error = relative(&within.forward_features(&images).unwrap(), &expected);
        assert!(error < 1e-5, "{error:e}");
        assert!(relative(&without.forward_features(&images).unwrap(), &expected) > 0.01, "it matters");
    }
}

#[test]
fn tensors_that_do_not_fit_are_one_error() {
    let architecture = Architecture::DENSENET121;
    let mut tensors = REFERENCE.tensors(architecture, false);
    let stem = tensors.remove("features.conv0.weight").unwrap();
    tensors.insert("module.features.conv0.weight".to_owned(), stem);
    // libtorch would broadcast this one without a word.
    tensors.insert("features.norm0.bias".to_owned(), Tensor::zeros([1], tch::kind::FLOAT_CPU));
    tensors.insert("features.norm0.weight".to_owned(), Tensor::zeros([64], tch::kind::DOUBLE_CPU));
    tensors.insert("features.norm5.bias".to_owned(), Tensor::full([1024], f64::NAN, tch::kind::FLOAT_CPU));
    let error =
        Backbone::from_tensors(tensors, architecture, published(architecture), device(), Options::default())
            .unwrap_err();
    let BackboneError::Tensors { faults, .. } = &error else { panic!("{error}") };
    assert_eq!(faults.len(), 5, "{faults:?}");
    let message = error.to_string();
    for fault in [
        "features.conv0.weight is missing",
        "module.features.conv0.weight is unknown",
        "features.norm0.bias is [1] instead of [64]",
        "features.norm0.weight is not of f32",
        "features.norm5.bias holds a value that is not finite",
    ] {
        assert!(message.contains(fault), "{message}");
    }
}

#[test]
fn a_lineage_that_no_network_has_is_refused() {
    let refused = |architecture, lineage| {
        let error = Backbone::random(architecture, 1, lineage, device()).unwrap_err();
        assert!(matches!(error, BackboneError::Lineage { .. }), "{error}");
    };
    for epsilon in [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY] {
        let lineage = Lineage { batch_norm_epsilon: epsilon, ..Lineage::keras(Architecture::DENSENET121) };
        refused(Architecture::DENSENET121, lineage);
    }
    refused(Architecture::VGG19, Lineage { transforms_input: true, ..Lineage::keras(Architecture::VGG19) });
}
