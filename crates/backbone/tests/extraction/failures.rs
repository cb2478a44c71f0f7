//! Tests that faulty images are left out, each with its reason, and that the others are stored.

use std::{fs, io};

use radiograph_backbone::extraction::{Event, ExtractionError, FailureReason, Input, Pixels};
use radiograph_features::{FeatureError, FeatureId, FeatureStore, Part};
use radiograph_files::ContentHash;

use crate::scene::{
    INPUT, TinyNetwork, content, extract, extract_with, files, input, inputs, open, pixels, settings,
};

/// The list of `count` images in which some are replaced.
fn with(count: usize, replaced: impl Fn(usize) -> Option<Input<'static>>) -> Vec<Input<'static>> {
    (0..count).map(|number| replaced(number).unwrap_or_else(|| input(number))).collect()
}

fn bad(number: usize, values: impl FnOnce() -> Vec<f32> + Send + 'static) -> Input<'static> {
    let content = content(number);
    Input::new(format!("scene:{number}"), FeatureId::plain(content), move || {
        Ok(Pixels { content, shape: INPUT, values: values() })
    })
}

#[test]
fn unreadable_images_are_left_out_with_their_reasons_and_the_others_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let list = with(100, |number| {
        let feature = FeatureId::plain(content(number));
        match number {
            10 => Some(Input::new("scene:10", feature, || Err(io::Error::other("no such chest").into()))),
            11 => Some(Input::new("scene:11", feature, || panic!("index out of bounds"))),
            12 => Some(Input::new("scene:12", feature, || Ok(pixels(ContentHash::of_bytes(b"edited"), 0)))),
            13 => Some(bad(13, || vec![0.0; 7])),
            64 => Some(bad(64, || vec![f32::NAN; 243])),
            _ => None,
        }
    });
    let (report, told) = extract_with(folder.path(), list, vec![TinyNetwork::new()], &settings());
    let report = report.unwrap();
    assert_eq!(report.extracted, 95);
    let reasons: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    let expected = [
        "scene:10: no such chest",
        "scene:11: its decoder panicked: index out of bounds",
        "scene:12: the image has changed since it was listed",
        "scene:13: decoded to [3, 9, 9] with 7 values instead of [3, 9, 9]",
        "scene:64: features ",
    ];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for (reason, expected) in reasons.iter().zip(expected) {
        assert!(reason.starts_with(expected), "{reason}");
        assert!(told.contains(&format!("failed {reason}")), "{told:?}");
    }
    assert!(matches!(
        report.failures[4].reason,
        FailureReason::NotStorable(FeatureError::NotStorable { .. })
    ));
    let store = FeatureStore::open(folder.path()).unwrap();
    for number in 0..100 {
        let left_out = [10, 11, 12, 13, 64].contains(&number);
        assert_eq!(store.contains(FeatureId::plain(content(number))).unwrap(), !left_out, "image {number}");
    }
}

#[test]
fn an_image_left_out_is_tried_again_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let absent = |number| match number {
        5 => Some(Input::new("scene:5", FeatureId::plain(content(5)), || Err("the disk was away".into()))),
        _ => None,
    };
    assert_eq!(extract(folder.path(), with(80, absent)).failures.len(), 1);
    let again = extract(folder.path(), with(80, absent));
    assert_eq!((again.extracted, again.present, again.failures.len()), (0, 79, 1));
    let report = extract(folder.path(), inputs(80));
    assert_eq!((report.extracted, report.present, report.failures.len()), (1, 79, 0));
}

#[test]
fn a_file_that_changes_during_the_run_is_a_recorded_exclusion() {
    let scene = tempfile::tempdir().unwrap();
    let path = |number: usize| scene.path().join(format!("{number}.img"));
    let listed: Vec<ContentHash> = (0..40)
        .map(|number| {
            fs::write(path(number), format!("image {number}")).unwrap();
            ContentHash::of_file(&path(number)).unwrap()
        })
        .collect();
    let list = (0..40).map(|number| {
        let (path, next) = (path(number), path(number + 1));
        Input::new(format!("{number}"), FeatureId::plain(listed[number]), move || {
            let read = fs::read(&path)?;
            // A later file is edited while this one is decoded.
            if number == 20 {
                fs::write(next, "edited")?;
            }
            Ok(pixels(ContentHash::of_bytes(&read), 0))
        })
    });
    let folder = scene.path().join("store");
    let settings = settings().with_decoders(1);
    let report = extract_with(&folder, list.collect(), vec![TinyNetwork::new()], &settings).0.unwrap();
    assert_eq!(report.extracted, 39);
    let [failure] = &report.failures[..] else { panic!("{:?}", report.failures) };
    assert_eq!(failure.id, "21");
    assert!(
        matches!(failure.reason, FailureReason::Changed { found } if found == ContentHash::of_bytes(b"edited"))
    );
    let store = FeatureStore::open(&folder).unwrap();
    assert!(!store.contains(FeatureId::plain(ContentHash::of_bytes(b"edited"))).unwrap());
    assert!(!store.contains(FeatureId::plain(listed[21])).unwrap());
}

#[test]
fn a_list_of_nothing_but_unreadable_images_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        |number: usize| Some(Input::new(number.to_string(), content(number).into(), || Err("gone".into())));
    let report = extract(folder.path(), with(100, list));
    assert_eq!((report.extracted, report.failures.len()), (0, 100));
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_store_that_stops_taking_shards_ends_the_extraction_and_it_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = tempfile::tempdir().unwrap();
    extract(undisturbed.path(), inputs(300));
    let mut extraction = open(folder.path(), Part::WHOLE);
    let (index, away) = (folder.path().join("index"), folder.path().join(".away"));
    let mut stored = 0;
    let ended = extraction.run(
        inputs(300),
        || Ok(vec![TinyNetwork::new()]),
        &settings(),
        |event| {
            if matches!(event, Event::Stored { .. }) {
                stored += 1;
                if stored == 2 {
                    fs::rename(&index, &away).unwrap();
                }
            }
        },
    );
    let error = ended.unwrap_err();
    assert!(matches!(error, ExtractionError::Features(FeatureError::File(_))), "{error}");
    drop(extraction);
    fs::rename(&away, &index).unwrap();
    let report = extract(folder.path(), inputs(300));
    assert_eq!((report.extracted, report.present), (300 - 128, 128));
    assert!(files(folder.path()) == files(undisturbed.path()));
}
