//! Tests of an extraction with a real network.

use radiograph_backbone::{
    Backbone, Facts, Form, Identity,
    extraction::{Extraction, ExtractionSettings, Input, Pixels, extraction_key},
};
use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription};
use radiograph_libtorch::{Device, DeviceKind};
use radiograph_weights::{Architecture, Lineage};
use tch::Tensor;

use crate::scene::content;

const SIDE: usize = 40;

fn values(number: usize) -> Vec<f32> {
    (0..3 * SIDE * SIDE).map(|place| ((place * (number + 2)) as f32 * 0.01).sin()).collect()
}

#[test]
fn stored_features_are_what_the_backbone_makes_of_the_images() {
    let (architecture, seed) = (Architecture::DENSENET121, 3);
    let lineage = Lineage::torchvision(architecture);
    let load = || Backbone::random(architecture, seed, lineage, Device::CPU);
    let shape =
        Facts::of(architecture).feature_shape(SIDE as i64, SIDE as i64).unwrap().map(|side| side as usize);
    let identity = Identity::Random { architecture, seed };
    let key = extraction_key(architecture, lineage, Form::default(), &identity, DeviceKind::Cpu, "sines");
    let description = StoreDescription::new(key, shape).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = Extraction::open(folder.path(), &description, Part::WHOLE).unwrap();
    let inputs = (0..5).map(|number| {
        let content = content(number);
        Input::new("", FeatureId::plain(content), move || {
            Ok(Pixels { content, shape: [3, SIDE, SIDE], values: values(number) })
        })
    });
    let settings = ExtractionSettings::new([3, SIDE, SIDE]).with_batch(3);
    let report = extraction.run(inputs, || Ok(vec![load()?]), &settings, |_| {}).unwrap();
    assert_eq!((report.extracted, report.failures.len()), (5, 0));

    let backbone = load().unwrap();
    assert_eq!(*backbone.identity(), identity);
    assert!(backbone.identity().is_random());
    for number in 0..5 {
        let image = Tensor::from_slice(&values(number)).view([1, 3, SIDE as i64, SIDE as i64]);
        let features = backbone.forward_features(&image).unwrap().reshape([-1]);
        let alone = Vec::<f32>::try_from(features).unwrap();
        let largest = alone.iter().copied().fold(0.0, f32::max);
        assert!(largest > 0.0);
        let mut found = vec![0.0; alone.len()];
        FeatureStore::open(folder.path())
            .unwrap()
            .read(&[FeatureId::plain(content(number))], &mut found)
            .unwrap();
        for (found, alone) in found.iter().zip(&alone) {
            assert!((found - alone).abs() <= 1e-5 * largest, "image {number}: {found} is not {alone}");
        }
    }
}
