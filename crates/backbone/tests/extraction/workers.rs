//! Tests of several batches that are computed at the same time on the CPU.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use radiograph_backbone::{
    Backbone, BackboneError, Facts, Form, Identity,
    extraction::{Extraction, ExtractionSettings, FrozenNetwork, Input, Pixels, extraction_key},
};
use radiograph_features::{FeatureId, Part, StoreDescription};
use radiograph_libtorch::{Device, DeviceKind};
use radiograph_weights::{Architecture, Lineage};
use tch::Tensor;

use crate::scene::{TinyNetwork, content, extract, files, inputs, open, settings};

/// A network whose first batch waits until the expected number of threads computes.
struct Meeting {
    network: TinyNetwork,
    expected: usize,
    computing: Arc<AtomicUsize>,
}

impl Meeting {
    fn of(expected: usize) -> Self {
        Self { network: TinyNetwork::new(), expected, computing: Arc::default() }
    }
}

impl FrozenNetwork for Meeting {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        let refuse = |reason: String| Err(BackboneError::Libtorch { reason });
        if tch::get_num_threads() != 1 {
            return refuse(format!("{} threads for one batch", tch::get_num_threads()));
        }
        let begun = Instant::now();
        self.computing.fetch_add(1, Ordering::SeqCst);
        while self.computing.load(Ordering::SeqCst) < self.expected {
            if begun.elapsed() > Duration::from_secs(30) {
                return refuse("the others did not come".to_owned());
            }
            thread::yield_now();
        }
        self.network.forward_features(images)
    }

    fn device(&self) -> Device {
        Device::CPU
    }

    fn for_another_thread(&self) -> Option<Self> {
        Some(Self { computing: Arc::clone(&self.computing), ..Self::of(self.expected) })
    }
}

#[test]
fn as_many_batches_are_computed_at_once_as_asked_for_each_by_one_thread() {
    let (alone, together) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    extract(alone.path(), inputs(200));
    let settings = settings().with_workers(3);
    let report = open(together.path(), Part::WHOLE)
        .run(inputs(200), || Ok(vec![Meeting::of(3)]), &settings, |_| {})
        .unwrap();
    assert_eq!((report.extracted, report.failures.len(), report.devices.len()), (200, 0, 1));
    assert!(files(alone.path()) == files(together.path()), "another store than one network alone makes");
}

const SIDE: usize = 75;

/// The store that InceptionV3 makes of 37 images.
fn store(folder: &Path, workers: usize) {
    let (architecture, seed) = (Architecture::INCEPTION_V3, 3);
    let lineage = Lineage::keras(architecture);
    let shape =
        Facts::of(architecture).feature_shape(SIDE as i64, SIDE as i64).unwrap().map(|side| side as usize);
    let identity = Identity::Random { architecture, seed };
    let key = extraction_key(architecture, lineage, Form::default(), &identity, DeviceKind::Cpu, "sines");
    let description = StoreDescription::new(key, shape).unwrap();
    let inputs = (0..37).map(|number| {
        let content = content(number);
        Input::new("", FeatureId::plain(content), move || {
            let value = |place: usize| ((place * (number + 2)) as f32 * 0.01).sin();
            Ok(Pixels { content, shape: [3, SIDE, SIDE], values: (0..3 * SIDE * SIDE).map(value).collect() })
        })
    });
    let settings = ExtractionSettings::new([3, SIDE, SIDE]).with_batch(4).with_workers(workers);
    let load = || Ok(vec![Backbone::random(architecture, seed, lineage, Device::CPU)?]);
    let report = Extraction::open(folder, &description, Part::WHOLE)
        .unwrap()
        .run(inputs, load, &settings, |_| {})
        .unwrap();
    assert_eq!((report.extracted, report.failures.len()), (37, 0));
}

#[test]
fn a_backbone_s_store_has_the_same_bytes_whatever_the_number_of_workers() {
    let one = tempfile::tempdir().unwrap();
    store(one.path(), 1);
    for workers in [2, 5] {
        let several = tempfile::tempdir().unwrap();
        store(several.path(), workers);
        assert!(files(one.path()) == files(several.path()), "{workers} workers make another store than one");
    }
}
