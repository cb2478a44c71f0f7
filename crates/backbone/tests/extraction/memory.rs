//! Tests of devices that run out of memory, and of memory use that must not grow with the number of images.

use std::sync::atomic::{AtomicUsize, Ordering};

use radiograph_backbone::extraction::{Event, ExtractionError, Input, Pixels};
use radiograph_features::{FeatureId, FeatureStore, Part};

use crate::scene::{
    INPUT, TinyNetwork, by_definition, content, difference, extract_with, inputs, open, pixels, settings,
    stored,
};

#[test]
fn memory_that_runs_out_halves_the_batch_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings().with_batch(64);
    let (report, told) =
        extract_with(folder.path(), inputs(200), vec![TinyNetwork::with_room(13)], &settings);
    let report = report.unwrap();
    assert_eq!((report.extracted, report.failures.len(), report.batch), (200, 0, 64));
    assert_eq!(report.devices.iter().map(|(_, batch)| *batch).collect::<Vec<_>>(), [8]);
    let halvings: Vec<&str> = told.iter().filter_map(|told| told.strip_prefix("halved ")).collect();
    assert_eq!(halvings, ["32", "16", "8"]);
    for number in 0..200 {
        let expected = by_definition(&pixels(content(number), 0));
        assert!(difference(&stored(folder.path(), FeatureId::plain(content(number))), &expected) < 1e-5);
    }
}

#[test]
fn one_device_with_less_memory_does_not_slow_the_others_down() {
    let folder = tempfile::tempdir().unwrap();
    let networks = vec![TinyNetwork::with_room(3), TinyNetwork::new()];
    let (report, told) = extract_with(folder.path(), inputs(200), networks, &settings());
    assert_eq!(report.unwrap().extracted, 200);
    assert!(told.iter().filter(|told| told.starts_with("halved")).count() <= 2, "{told:?}");
}

#[test]
fn a_device_without_room_for_one_image_ends_the_extraction_and_it_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = extract_with(folder.path(), inputs(100), vec![TinyNetwork::with_room(0)], &settings());
    let error = report.unwrap_err();
    assert!(matches!(&error, ExtractionError::Memory { .. }), "{error}");
    assert!(error.to_string().contains("cpu has no memory for a single image"), "{error}");
    let (report, _) = extract_with(folder.path(), inputs(100), vec![TinyNetwork::new()], &settings());
    assert_eq!(report.unwrap().extracted, 100);
}

/// Counts the images in memory: those that are decoded and not yet computed.
#[test]
fn the_number_of_images_in_memory_does_not_depend_on_their_number() {
    let most_at_once = |images: usize| {
        let (alive, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let inputs = (0..images).map(|number| {
            let (alive, most) = (&alive, &most);
            Input::new("", FeatureId::plain(content(number)), move || {
                most.fetch_max(alive.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let Pixels { content, values, .. } = pixels(content(number), 0);
                Ok(Pixels { content, shape: INPUT, values })
            })
        });
        let folder = tempfile::tempdir().unwrap();
        let mut extraction = open(folder.path(), Part::WHOLE);
        let report = extraction.run(
            inputs,
            || Ok(vec![TinyNetwork::new()]),
            &settings(),
            |event| {
                if let Event::Computed { features } = event {
                    alive.fetch_sub(*features, Ordering::SeqCst);
                }
            },
        );
        assert_eq!(report.unwrap().extracted, images);
        assert_eq!(FeatureStore::open(folder.path()).unwrap().len(), images);
        most.into_inner()
    };
    // Batches of 8 images: at most 3 in the queue, one made ready, one under way, one sent and one being sent.
    let (few, many) = (most_at_once(200), most_at_once(2_000));
    assert!(few <= 56 && many <= 56, "{few} and {many}");
}
