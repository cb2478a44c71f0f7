//! What every registered network keeps: its shape, its independence of the batch, and equal features in both forms.

use std::num::NonZeroUsize;

use radiograph_backbone::{Backbone, BackboneError, Facts, Form, Options};
use radiograph_weights::{Architecture, Expected, Group, ImageSizeError};
use tch::Tensor;

use crate::{devices::device, fill::Fill};

/// Parameters of each network as torchvision 0.28 (`num_params` of its weights) and timm 1.0.31 publish them, with
/// classifier and auxiliary classifier.
const PUBLISHED: [(&str, i64); 6] = [
    ("vgg19", 143_667_240),
    ("densenet121", 7_978_856),
    ("inception_v3", 27_161_264),
    ("inception_resnet_v2", 55_843_464),
    ("resnet50", 25_557_032),
    ("convnext_tiny", 28_589_128),
];

/// A small side that the network reads.
fn small(facts: &Facts) -> i64 {
    let side = facts.minimum_size().max(64);
    (side + facts.multiple() - 1) / facts.multiple() * facts.multiple()
}

fn random(architecture: Architecture, seed: u64, form: Form, micro_batch: usize) -> Backbone {
    let options = Options { form, micro_batch: NonZeroUsize::new(micro_batch), ..Options::default() };
    Backbone::random_with(architecture, seed, architecture.lineage(), device(), options).unwrap()
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

#[test]
fn parameters_are_those_that_publishers_count() {
    for (name, published) in PUBLISHED {
        let facts = Facts::of(name.parse().unwrap());
        let all = facts.parameters + facts.classifier_parameters + facts.auxiliary_parameters;
        assert_eq!(all, published, "{name}");
    }
    // timm counts 86.6 million for ViT-B/14 with the positions of 518 pixels and no classifier.
    let millions = Facts::of("vit_base_patch14_dinov2".parse().unwrap()).parameters as f64 / 1e6;
    assert!((millions - 86.6).abs() < 0.05, "{millions}");
}

#[test]
fn every_network_keeps_the_contract() {
    // Other tests register networks of their own at the same time, which come last.
    let all = &Architecture::all()[..8];
    for &architecture in all {
        let facts = Facts::of(architecture);
        let side = small(facts);
        let images = Fill::new("contract.").values("input", &[3, facts.input_channels, side, side]);
        let single = random(architecture, 1, Form::Folded, 1);
        let batch = single.forward_features(&images).unwrap();
        let [channels, rows, columns] = facts.feature_shape(side, side).unwrap();
        assert_eq!(batch.size(), [3, channels, rows, columns], "{architecture}");
        assert!(largest(&batch) > 0.0 && !batch.requires_grad(), "{architecture}");

        let alone = single.forward_features(&images.narrow(0, 2, 1)).unwrap();
        assert_eq!(alone, batch.narrow(0, 2, 1), "{architecture}: an image alone");
        let together = random(architecture, 1, Form::Folded, 3).forward_features(&images).unwrap();
        let error = largest(&(&together - &batch)) / largest(&batch);
        assert!(error < 1e-5, "{architecture}: three at once differ by {error:e}");
        let plain = random(architecture, 1, Form::Plain, 3).forward_features(&images).unwrap();
        let error = largest(&(&plain - &batch)) / largest(&batch);
        assert!(error < 1e-5, "{architecture}: folding changes {error:e}");

        assert!(single.identity().is_random());
        let last = facts.layers().last().unwrap();
        assert_eq!(last, facts.explanation_layer, "{architecture}");
        let names: Vec<&str> = facts.layers().collect();
        assert!(names.len() >= 4, "{architecture}: {names:?}");
        let maps = single.forward_intermediates(&images, &names).unwrap();
        assert_eq!(*maps.last().unwrap(), batch, "{architecture}: its last layer");
        assert!(maps.iter().all(|map| map.dim() == 4 && map.size()[0] == 3), "{architecture}");
        let features = Expected::of(architecture).into_iter().filter(|one| one.group == Group::Features);
        assert!(features.count() > 10, "{architecture}");
        refuses_other_images(&single);
    }
}

fn refuses_other_images(backbone: &Backbone) {
    let (facts, architecture) = (backbone.facts(), backbone.architecture());
    let (minimum, channels) = (facts.minimum_size(), facts.input_channels);
    let run = |shape: [i64; 4]| {
        backbone.forward_features(&Tensor::zeros(shape, (tch::Kind::Float, device().to_tch())))
    };
    let smallest = run([1, channels, minimum, minimum]).unwrap();
    assert_eq!(smallest.size()[2..], [1, 1], "{architecture}");
    for (height, width) in [(minimum - 1, minimum), (0, 0)] {
        let error = run([1, channels, height, width]).unwrap_err();
        assert!(matches!(error, BackboneError::ImageSize(_)), "{architecture}: {error}");
        if let BackboneError::ImageSize(ImageSizeError::TooSmall { .. }) = error {
            assert!(error.to_string().contains(&format!("at least {minimum}")), "{error}");
        }
    }
    for shape in [[1, 4 - channels, 224, 224], [0, channels, 224, 224], [1, 224, 224, channels]] {
        assert!(matches!(run(shape), Err(BackboneError::Shape { .. })), "{architecture} {shape:?}");
    }
    let doubles = Tensor::zeros([1, channels, 224, 224], (tch::Kind::Double, device().to_tch()));
    assert!(matches!(backbone.forward_features(&doubles), Err(BackboneError::Shape { .. })));
    assert!(matches!(backbone.classify(&doubles), Err(BackboneError::NoClassifier { .. })));
    let unknown = backbone.forward_intermediates(&doubles.to_kind(tch::Kind::Float), &["layer99"]);
    assert!(matches!(unknown, Err(BackboneError::Layer { .. })), "{architecture}");
}

#[test]
fn the_smallest_images_of_the_paper_s_networks_are_known() {
    let found = Architecture::PAPER.map(|architecture| Facts::of(architecture).minimum_size());
    assert_eq!(found, [32, 29, 75, 75]);
}

#[test]
fn seeds_decide_about_random_weights() {
    let architecture = Architecture::DENSENET121;
    let images = Fill::new("contract.").values("input", &[1, 3, 64, 64]);
    let features = |seed| random(architecture, seed, Form::Folded, 1).forward_features(&images).unwrap();
    assert_eq!(features(1), features(1));
    assert_ne!(features(1), features(2));
    let identities = [1, 2].map(|seed| *random(architecture, seed, Form::Folded, 1).identity());
    assert_eq!(identities[0].to_string(), "random:1");
    assert_ne!(identities[0].content_hash(), identities[1].content_hash());
}
