//! Tests of reading: order, repetition, threads, missing features and other keys.

use std::{fs, thread};

use proptest::prelude::*;
use radiograph_features::{Element, ExtractionKey, FeatureError, FeatureId, FeatureStore, Part, StoreWriter};

use crate::scene::{SHAPE, VALUES, description, files, fill, image, images, key, map, maps, store};

#[test]
fn any_order_and_repetition_is_read_from_several_threads() {
    let folder = tempfile::tempdir().unwrap();
    let opened = FeatureStore::open(&store(folder.path(), 200)).unwrap();
    assert_eq!((opened.len(), opened.shards(), opened.shape()), (200, 4, SHAPE));
    thread::scope(|scope| {
        for start in 0..4 {
            let opened = &opened;
            scope.spawn(move || {
                for round in 0..20 {
                    let wanted: Vec<FeatureId> = (0..37)
                        .map(|step| image((start * 31 + round * 7 + step * step * 13) % 200))
                        .collect();
                    let mut read = vec![0.0; wanted.len() * VALUES];
                    opened.read(&wanted, &mut read).unwrap();
                    assert_eq!(read, maps(&wanted));
                }
            });
        }
    });
    opened.read(&[], &mut []).unwrap();
}

#[test]
fn all_that_is_missing_is_named_and_nothing_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let opened = FeatureStore::open(&store(folder.path(), 3)).unwrap();
    let variant = FeatureId::variant(image(0).image, 1);
    let wanted = [image(7), image(0), variant, image(5), image(6)];
    let mut read = vec![-1.0; 5 * VALUES];
    let error = opened.read(&wanted, &mut read).unwrap_err();
    assert!(error.to_string().contains(&image(7).to_string()), "{error}");
    assert!(error.to_string().contains("4 of those asked for") && error.to_string().contains("and 1 more"));
    let FeatureError::Missing { missing, .. } = error else { panic!("{error}") };
    assert_eq!(missing, [image(7), variant, image(5), image(6)]);
    assert!(read.iter().all(|&value| value == -1.0));
    assert!(!opened.contains(variant).unwrap() && opened.contains(image(2)).unwrap());
}

#[test]
fn a_buffer_of_another_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let opened = FeatureStore::open(&store(folder.path(), 3)).unwrap();
    for length in [0, VALUES, 2 * VALUES + 1] {
        let refused = opened.read(&images(2), &mut vec![0.0; length]).unwrap_err();
        assert!(matches!(refused, FeatureError::Buffer { expected: 144, found, .. } if found == length));
    }
}

#[test]
fn variants_of_an_image_are_features_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<FeatureId> = (0..5).map(|variant| FeatureId::variant(image(0).image, variant)).collect();
    let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
    fill(&mut writer, &ids).unwrap();
    let mut read = vec![0.0; VALUES];
    for &id in &ids {
        writer.reader().unwrap().read(&[id], &mut read).unwrap();
        assert_eq!(read, map(id));
    }
}

#[test]
fn f16_takes_half_the_room_and_reads_as_f32() {
    let (wide, narrow) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store(wide.path(), 64);
    let mut writer = StoreWriter::open(narrow.path(), &description(Element::F16), Part::WHOLE).unwrap();
    fill(&mut writer, &images(64)).unwrap();
    let opened = writer.reader().unwrap();
    let mut read = vec![0.0; 64 * VALUES];
    opened.read(&images(64), &mut read).unwrap();
    assert_eq!(read, maps(&images(64)), "values that f16 holds exactly");
    let saved = FeatureStore::open(wide.path()).unwrap().bytes() - opened.bytes();
    assert!(saved.abs_diff(64 * VALUES as u64 * 2) < 2_000, "{saved}");
}

#[test]
fn features_made_in_another_way_are_never_read_for_these() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    assert!(FeatureStore::open_for(folder.path(), &key()).is_ok());
    let others = [
        ("backbone", ExtractionKey { backbone: "densenet121".to_owned(), ..key() }),
        ("weights", ExtractionKey { weights: image(0).image, ..key() }),
        ("preprocessing", ExtractionKey { preprocessing: "nearest".to_owned(), ..key() }),
        ("lineage", ExtractionKey { lineage: "keras".to_owned(), ..key() }),
        ("precision", ExtractionKey { precision: Element::F16, ..key() }),
    ];
    let before = files(folder.path());
    for (field, other) in others {
        let error = FeatureStore::open_for(folder.path(), &other).unwrap_err();
        let FeatureError::OtherKey { differences } = &error else { panic!("{error}") };
        assert_eq!((differences.len(), differences[0].field), (1, field));
        let other = radiograph_features::StoreDescription::new(other, SHAPE).unwrap();
        let error = StoreWriter::open(folder.path(), &other, Part::WHOLE).unwrap_err();
        assert!(matches!(error, FeatureError::OtherKey { .. }), "{error}");
    }
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_folder_that_is_no_store_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent"), file] {
        assert!(
            matches!(FeatureStore::open(&path), Err(FeatureError::NotAStore { .. })),
            "{}",
            path.display()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_written_is_read(
        values in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO, 3 * VALUES),
        order in prop::collection::vec(0_usize..3, 0..9),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
        writer.write(&images(3), &values).unwrap();
        let wanted: Vec<FeatureId> = order.iter().map(|&number| image(number)).collect();
        let mut read = vec![0.0; wanted.len() * VALUES];
        writer.reader().unwrap().read(&wanted, &mut read).unwrap();
        for (number, map) in order.iter().zip(read.chunks(VALUES)) {
            let written = &values[number * VALUES..][..VALUES];
            prop_assert!(map.iter().zip(written).all(|(read, written)| read.to_bits() == written.to_bits()));
        }
    }
}
