//! Compares the four networks of Keras' lineage with Keras itself. Weights and input come from a formula, so that the
//! comparison involves no conversion or normalisation by this project (golden/keras_lineage/generate.py).

use std::collections::BTreeMap;

use radiograph_backbone::{Backbone, Form, Options};
use radiograph_weights::{Architecture, Expected, Group, Lineage};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::{
    devices::device,
    fill::Fill,
    reference::{self, Sample},
};

#[derive(Deserialize)]
struct KerasLineage {
    salt: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    backbone: Architecture,
    options: CaseOptions,
    input: [i64; 4],
    output: Sample,
}

#[derive(Deserialize)]
struct CaseOptions {
    avg_pool_count_include_pad: bool,
    bn_eps: f64,
    /// `formula`, or `ones` for Keras' Inceptions, which have no gamma.
    batch_norm_weights: String,
}

/// A network's feature extractor by formula.
fn tensors(architecture: Architecture, fill: &Fill, gamma: bool) -> BTreeMap<String, Tensor> {
    let features = Expected::of(architecture).into_iter().filter(|one| one.group == Group::Features);
    features
        .map(|one| {
            let shape: Vec<i64> = one.shape.iter().map(|&side| i64::try_from(side).unwrap()).collect();
            let values = fill.values(&one.name, &shape);
            let tensor = match (&shape[..], one.name.rsplit('.').next().unwrap()) {
                ([_, inputs @ ..], "weight") if !inputs.is_empty() => {
                    values * (6.0 / inputs.iter().product::<i64>() as f64).sqrt()
                }
                (_, "weight") if gamma => values * 0.1 + 1.0,
                (_, "weight") => Tensor::ones(&shape[..], (Kind::Float, device().to_tch())),
                (_, "running_var") => (values + 1.0) * 0.25 + 1.0,
                _ => values * 0.1,
            };
            (one.name, tensor)
        })
        .collect()
}

/// Compares all cases of a network, as published and folded.
fn compare(architecture: Architecture) {
    let golden: KerasLineage = reference::golden("keras_lineage/keras_lineage.json");
    let fill = Fill::new(&golden.salt);
    let cases: Vec<&Case> = golden.cases.iter().filter(|case| case.backbone == architecture).collect();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let lineage = Lineage::keras(architecture);
        assert_eq!(lineage.pooling_counts_padding, case.options.avg_pool_count_include_pad);
        if architecture != Architecture::VGG19 {
            assert_eq!(lineage.batch_norm_epsilon, case.options.bn_eps);
        }
        let gamma = case.options.batch_norm_weights == "formula";
        for form in [Form::Plain, Form::Folded] {
            let options = Options { form, ..Options::default() };
            let tensors = tensors(architecture, &fill, gamma);
            let backbone = Backbone::from_tensors(tensors, architecture, lineage, device(), options).unwrap();
            let features = backbone.forward_features(&fill.values("input", &case.input)).unwrap();
            case.output.assert_close(&features, 1e-4);
        }
    }
}

#[test]
fn golden_backbone_vgg19_as_keras_computes_it() {
    compare(Architecture::VGG19);
}

#[test]
fn golden_backbone_densenet121_as_keras_computes_it() {
    compare(Architecture::DENSENET121);
}

#[test]
fn golden_backbone_inception_v3_as_keras_computes_it() {
    compare(Architecture::INCEPTION_V3);
}

#[test]
fn golden_backbone_inception_resnet_v2_as_keras_computes_it() {
    compare(Architecture::INCEPTION_RESNET_V2);
}

/// Shows that the test above can distinguish lineages: torchvision's pooling is off by nearly half of the largest
/// value.
#[test]
#[should_panic(expected = "of the largest")]
fn golden_backbone_inception_v3_with_torchvisions_pooling_is_not_keras() {
    let golden: KerasLineage = reference::golden("keras_lineage/keras_lineage.json");
    let fill = Fill::new(&golden.salt);
    let small = |case: &&Case| case.backbone == Architecture::INCEPTION_V3 && case.input[2] == 139;
    let case = golden.cases.iter().find(small).unwrap();
    let lineage = Lineage { pooling_counts_padding: true, ..Lineage::keras(Architecture::INCEPTION_V3) };
    let tensors = tensors(Architecture::INCEPTION_V3, &fill, false);
    let backbone =
        Backbone::from_tensors(tensors, Architecture::INCEPTION_V3, lineage, device(), Options::default())
            .unwrap();
    case.output.assert_close(&backbone.forward_features(&fill.values("input", &case.input)).unwrap(), 1e-2);
}
