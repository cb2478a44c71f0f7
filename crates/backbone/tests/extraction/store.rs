//! Tests of what an extraction stores, and that it stores each feature once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use radiograph_backbone::{
    BackboneError,
    extraction::{Event, Extraction, ExtractionError, ExtractionSettings, FrozenNetwork, Input},
};
use radiograph_features::{
    Element, ExtractionKey, FeatureError, FeatureId, FeatureStore, Part, StoreDescription,
};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use tch::Tensor;

use crate::{
    killed::child_of,
    scene::{
        SHAPE, TinyNetwork, by_definition, content, difference, extract, extract_with, files, input, inputs,
        key, open, pixels, settings, stored, variant,
    },
};

#[test]
fn features_are_those_of_the_definition_and_belong_to_their_images() {
    let folder = tempfile::tempdir().unwrap();
    let report = extract(folder.path(), inputs(150));
    assert_eq!((report.extracted, report.failures.len(), report.batch), (150, 0, 8));
    for number in 0..150 {
        let expected = by_definition(&pixels(content(number), 0));
        let off = difference(&stored(folder.path(), FeatureId::plain(content(number))), &expected);
        assert!(off < 1e-5, "image {number} is off by {off}");
    }
}

#[test]
fn features_do_not_depend_on_the_batch_size() {
    let scene = tempfile::tempdir().unwrap();
    for batch in [1, 2, 7, 8, 64] {
        let folder = scene.path().join(batch.to_string());
        let settings = settings().with_batch(batch);
        let report = extract_with(&folder, inputs(70), vec![TinyNetwork::new()], &settings).0.unwrap();
        assert_eq!((report.extracted, report.batch), (70, batch));
    }
    for number in 0..70 {
        let of = |batch: &str| stored(&scene.path().join(batch), FeatureId::plain(content(number)));
        let alone: Vec<f64> = of("1").into_iter().map(f64::from).collect();
        for batch in ["2", "7", "8", "64"] {
            let off = difference(&of(batch), &alone);
            assert!(off < 1e-5, "image {number} in batches of {batch} is off by {off}");
        }
    }
}

#[test]
fn a_stopped_run_goes_on_to_the_files_of_an_undisturbed_one() {
    let scene = tempfile::tempdir().unwrap();
    let (undisturbed, stopped) = (scene.path().join("undisturbed"), scene.path().join("stopped"));
    extract(&undisturbed, inputs(300));
    let mut extraction = open(&stopped, Part::WHOLE);
    let stop = extraction.stop_switch();
    let mut batches = 0;
    let networks = || Ok::<_, BackboneError>(vec![TinyNetwork::new()]);
    let report = extraction
        .run(inputs(300), networks, &settings(), |event| {
            batches += usize::from(matches!(event, Event::Computed { .. }));
            if batches == 11 {
                stop.store(true, Ordering::Relaxed);
            }
        })
        .unwrap();
    assert!(report.stopped && report.extracted < 300, "{report:?}");
    drop(extraction);
    let report = extract(&stopped, inputs(300));
    assert!(!report.stopped && report.extracted > 0, "{report:?}");
    assert_eq!(files(&stopped), files(&undisturbed));
}

/// A network that computes its second batch only when the run is asked to stop.
struct Slow {
    network: TinyNetwork,
    stop: Arc<AtomicBool>,
    images: Arc<AtomicUsize>,
}

impl FrozenNetwork for Slow {
    fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
        if self.images.fetch_add(images.size()[0] as usize, Ordering::SeqCst) > 0 {
            while !self.stop.load(Ordering::SeqCst) {
                thread::yield_now();
            }
        }
        self.network.forward_features(images)
    }

    fn device(&self) -> Device {
        Device::CPU
    }
}

/// With one batch a shard, each computed batch can be stored.
#[test]
fn a_stop_loses_no_batch_under_way_and_the_next_run_is_not_stopped() {
    let scene = tempfile::tempdir().unwrap();
    let mut extraction = open(scene.path(), Part::WHOLE);
    let (stop, images) = (extraction.stop_switch(), Arc::new(AtomicUsize::new(0)));
    let networks = || {
        let (stop, images) = (Arc::clone(&stop), Arc::clone(&images));
        Ok::<_, BackboneError>(vec![Slow { network: TinyNetwork::new(), stop, images }])
    };
    let settings = settings().with_batch(64);
    let report = extraction
        .run(inputs(640), networks, &settings, |event| {
            if matches!(event, Event::Computed { .. }) {
                stop.store(true, Ordering::SeqCst);
            }
        })
        .unwrap();
    let computed = images.load(Ordering::SeqCst);
    assert!(report.stopped && (128..640).contains(&computed), "{computed} images");
    assert_eq!(report.extracted, computed, "each computed batch is stored");
    let networks = || Ok::<_, BackboneError>(vec![TinyNetwork::new()]);
    let report = extraction.run(inputs(640), networks, &settings, |_| {}).unwrap();
    assert_eq!((report.stopped, report.present, report.extracted), (false, computed, 640 - computed));
}

#[test]
fn several_devices_threads_and_batches_make_the_files_of_one() {
    let scene = tempfile::tempdir().unwrap();
    let (one, three) = (scene.path().join("one"), scene.path().join("three"));
    extract(&one, inputs(300));
    let networks = (0..3).map(|_| TinyNetwork::new()).collect();
    let report = extract_with(&three, inputs(300), networks, &settings().with_decoders(7)).0.unwrap();
    assert_eq!((report.extracted, report.devices.len()), (300, 3));
    assert!(files(&three) == files(&one));
    assert_eq!(files(&one).len(), 1 + 2 * 5);
}

#[test]
fn a_second_run_decodes_nothing_and_loads_no_network() {
    let folder = tempfile::tempdir().unwrap();
    extract(folder.path(), inputs(100));
    let before = files(folder.path());
    let untouched =
        (0..100).map(|number| Input::new("", FeatureId::plain(content(number)), || panic!("decoded again")));
    let mut extraction = open(folder.path(), Part::WHOLE);
    let load = || -> Result<Vec<TinyNetwork>, BackboneError> { panic!("loaded") };
    let report = extraction.run(untouched, load, &settings(), |event| panic!("{event:?}")).unwrap();
    assert_eq!((report.extracted, report.present, report.failures.len()), (0, 100, 0));
    assert!(files(folder.path()) == before);
}

#[test]
fn an_edited_image_is_extracted_again_alone() {
    let folder = tempfile::tempdir().unwrap();
    extract(folder.path(), inputs(100));
    let decoded = AtomicUsize::new(0);
    let edited = (0..100).map(|number| {
        let content = content(if number == 40 { 1_000 } else { number });
        let decoded = &decoded;
        Input::new("", FeatureId::plain(content), move || {
            decoded.fetch_add(1, Ordering::SeqCst);
            Ok(pixels(content, 0))
        })
    });
    let report = extract(folder.path(), edited.collect());
    assert_eq!((report.extracted, report.present, decoded.into_inner()), (1, 99, 1));
    let expected = by_definition(&pixels(content(1_000), 0));
    assert!(difference(&stored(folder.path(), FeatureId::plain(content(1_000))), &expected) < 1e-5);
}

#[test]
fn augmented_variants_lie_under_keys_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let list = (0..30).flat_map(|number| (0..=4).map(move |copy| variant(number, copy)));
    assert_eq!(extract(folder.path(), list.collect()).extracted, 150);
    for copy in 0..=4 {
        let expected = by_definition(&pixels(content(7), copy));
        let feature = FeatureId::variant(content(7), copy);
        assert!(difference(&stored(folder.path(), feature), &expected) < 1e-5, "variant {copy}");
    }
}

#[test]
fn an_image_that_is_listed_twice_is_extracted_once() {
    let folder = tempfile::tempdir().unwrap();
    let list = (0..20).chain(10..20).map(input).collect();
    let report = extract(folder.path(), list);
    assert_eq!((report.extracted, report.repeated), (20, 10));
}

#[test]
fn features_of_other_weights_or_preprocessing_are_never_mixed_in() {
    let folder = tempfile::tempdir().unwrap();
    extract(folder.path(), inputs(10));
    let before = files(folder.path());
    let mut others = [key(), key(), key(), key()];
    others[0].weights = ContentHash::of_bytes(b"cosines");
    others[1].preprocessing = "half".to_owned();
    others[2].lineage = "keras".to_owned();
    others[3].backbone = "tinier".to_owned();
    for other in others {
        let description = StoreDescription::new(other, SHAPE).unwrap();
        let refused = Extraction::open(folder.path(), &description, Part::WHOLE).unwrap_err();
        assert!(matches!(refused, FeatureError::OtherKey { .. }), "{refused}");
    }
    assert!(files(folder.path()) == before);
}

#[test]
fn a_network_of_another_shape_than_the_store_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let description = StoreDescription::new(key(), [5, 4, 3]).unwrap();
    let mut extraction = Extraction::open(folder.path(), &description, Part::WHOLE).unwrap();
    let error = extraction.run(inputs(10), || Ok(vec![TinyNetwork::new()]), &settings(), |_| {}).unwrap_err();
    assert!(matches!(&error, ExtractionError::Shape { found, .. } if found == &[8, 5, 4, 4]), "{error}");
    assert!(FeatureStore::open(folder.path()).unwrap().is_empty());
}

#[test]
fn no_network_and_impossible_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let none = extract_with(folder.path(), inputs(1), Vec::new(), &settings()).0.unwrap_err();
    assert!(matches!(none, ExtractionError::Setting { setting: "networks", .. }), "{none}");
    let nothing = ExtractionSettings::new([3, 0, 9]);
    let refused = extract_with(folder.path(), inputs(1), Vec::new(), &nothing).0.unwrap_err();
    assert!(matches!(refused, ExtractionError::Setting { setting: "input", .. }), "{refused}");
    let load = || Err::<Vec<TinyNetwork>, _>(BackboneError::Libtorch { reason: "no such file".to_owned() });
    let error = open(folder.path(), Part::WHOLE).run(inputs(1), load, &settings(), |_| {}).unwrap_err();
    assert!(matches!(error, ExtractionError::Load(_)), "{error}");
}

#[test]
fn f16_features_are_the_f32_ones_within_the_stated_bounds() {
    let scene = tempfile::tempdir().unwrap();
    let (single, half) = (scene.path().join("f32"), scene.path().join("f16"));
    extract(&single, inputs(50));
    let description =
        StoreDescription::new(ExtractionKey { precision: Element::F16, ..key() }, SHAPE).unwrap();
    let mut extraction = Extraction::open(&half, &description, Part::WHOLE).unwrap();
    let report = extraction.run(inputs(50), || Ok(vec![TinyNetwork::new()]), &settings(), |_| {}).unwrap();
    assert_eq!((report.extracted, report.failures.len()), (50, 0));
    let mut compared = 0;
    for number in 0..50 {
        let feature = FeatureId::plain(content(number));
        for (half, single) in stored(&half, feature).into_iter().zip(stored(&single, feature)) {
            let bound = (f64::from(single) * 2_f64.powi(-11)).max(2_f64.powi(-25));
            assert!((f64::from(half) - f64::from(single)).abs() <= bound, "{single} became {half}");
            compared += usize::from(single > 0.0);
        }
    }
    assert!(compared > 1000, "only {compared} features are above 0");
}

#[test]
fn two_processes_with_parts_make_the_files_of_one() {
    let scene = tempfile::tempdir().unwrap();
    let (one, two) = (scene.path().join("one"), scene.path().join("two"));
    assert!(child_of(&one, "1/1").status().unwrap().success());
    let mut processes = ["1/2", "2/2"].map(|part| child_of(&two, part).spawn().unwrap());
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    assert!(files(&two) == files(&one));
    // In one process, with two threads, likewise.
    let threads = scene.path().join("threads");
    thread::scope(|scope| {
        for index in 1..=2 {
            let threads = &threads;
            scope.spawn(move || {
                let mut extraction = open(threads, Part::new(index, 2).unwrap());
                let load = || Ok(vec![TinyNetwork::new()]);
                let report = extraction.run(inputs(150), load, &settings(), |_| {}).unwrap();
                assert_eq!(report.extracted + report.elsewhere + report.present, 150);
            });
        }
    });
    let whole = scene.path().join("whole");
    extract(&whole, inputs(150));
    assert!(files(&threads) == files(&whole));
}
