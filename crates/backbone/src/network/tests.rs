//! Compares the constants of each network with the built network and with published numbers.

use std::collections::BTreeSet;

use radiograph_weights::{Architecture, Expected, Facts, Group};

use super::{Classifier, Network};
use crate::source::{Asked, Role, Source};

/// The whole networks' counts as torchvision 0.28 publishes them (`VGG19_Weights` and so on, `num_params`), and timm's
/// for Inception-ResNetV2.
const PUBLISHED: [(Architecture, i64); 4] = [
    (Architecture::Vgg19, 143_667_240),
    (Architecture::DenseNet121, 7_978_856),
    (Architecture::InceptionV3, 27_161_264),
    (Architecture::InceptionResNetV2, 55_843_464),
];

#[test]
fn declared_facts_are_those_of_the_networks_and_of_their_publishers() {
    for (architecture, published) in PUBLISHED {
        let facts = Facts::of(architecture);
        assert_eq!(facts.architecture, architecture);
        let source = Source::listening(architecture);
        Network::load(&source).unwrap();
        let features = source.asked();
        Classifier::load(&source).unwrap();
        let whole = source.asked();
        let learned = |asked: &[Asked]| -> i64 {
            let statistics = |role| matches!(role, Role::Mean | Role::Variance);
            let counted = asked.iter().filter(|asked| !statistics(asked.role));
            counted.map(|asked| asked.shape.iter().product::<i64>()).sum()
        };
        assert_eq!(learned(&features), facts.parameters, "{architecture}");
        assert_eq!(learned(&whole), facts.parameters + facts.classifier_parameters, "{architecture}");
        assert_eq!(
            facts.parameters + facts.classifier_parameters + facts.auxiliary_parameters,
            published,
            "{architecture}"
        );
        // The list that files are checked against. It comes from the reference and not from this crate.
        let used = |expected: &Expected| expected.group != Group::Auxiliary;
        let listed: BTreeSet<(String, Vec<i64>)> = Expected::of(architecture)
            .into_iter()
            .filter(used)
            .map(|expected| (expected.name, expected.shape.iter().map(|side| *side as i64).collect()))
            .collect();
        let asked: BTreeSet<(String, Vec<i64>)> =
            whole.iter().map(|asked| (asked.name.clone(), asked.shape.clone())).collect();
        assert_eq!(asked.len(), whole.len(), "{architecture} asks for a tensor twice");
        assert_eq!(asked, listed, "{architecture}");
        let layer = facts.explanation_layer;
        let known = asked.iter().any(|(name, _)| name.starts_with(&format!("{layer}.")));
        assert!(
            known || layer == "features.36",
            "{layer} of {architecture} has no parameter and is not a pooling layer"
        );
    }
}
