//! Tests of the table: what it saves, when it is used, and every way in which it can be wrong.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use radiograph_features::{
    Element, ExtractionKey, FeatureError, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter, gc,
    merge, verify, write_table,
};

use crate::scene::{
    SHAPE, VALUES, description, files, fill, image, images, key, list_of, map, maps, shards, store,
};

fn table(folder: &Path) -> PathBuf {
    folder.join("table.bin")
}

/// A store of the first `count` images, with its table.
fn tabled(folder: &Path, count: usize) {
    store(folder, count);
    assert!(write_table(folder).unwrap());
}

fn read_all(folder: &Path) -> Result<Vec<f32>, FeatureError> {
    let opened = FeatureStore::open(folder)?;
    let ids = opened.ids()?;
    let mut values = vec![0.0; ids.len() * VALUES];
    opened.read(&ids, &mut values)?;
    assert_eq!(values, maps(&ids));
    Ok(values)
}

/// Opens the store and asks for the given images, and for one that it lacks.
fn look_up(folder: &Path, count: usize) -> Result<(), FeatureError> {
    let opened = FeatureStore::open(folder)?;
    for number in 0..count {
        assert!(opened.contains(image(number))?);
    }
    assert!(!opened.contains(image(count))?);
    Ok(())
}

#[test]
fn a_store_answers_alike_with_and_without_a_table() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3_000);
    let listed = FeatureStore::open(folder.path()).unwrap();
    assert!(write_table(folder.path()).unwrap());
    assert!(!write_table(folder.path()).unwrap(), "a current table is not written again");
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert_eq!((listed.has_table(), opened.has_table()), (false, true));
    assert_eq!(
        (opened.len(), opened.shards(), opened.bytes()),
        (listed.len(), listed.shards(), listed.bytes())
    );
    assert_eq!(opened.ids().unwrap(), listed.ids().unwrap());
    let wanted = [image(2_999), image(3_000), image(0), FeatureId::variant(image(0).image, 1)];
    assert_eq!(opened.missing(&wanted).unwrap(), [wanted[1], wanted[3]]);
    assert_eq!(listed.missing(&wanted).unwrap(), [wanted[1], wanted[3]]);
    let present = [image(2_999), image(0), image(1_500)];
    assert_eq!(opened.places(&present).unwrap(), listed.places(&present).unwrap());
    read_all(folder.path()).unwrap();
    assert!(verify(folder.path()).unwrap().is_sound());
}

/// Lists that cannot be read show that none is.
#[test]
fn no_list_is_read_where_there_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 200);
    for shard in shards(folder.path()) {
        fs::write(list_of(&shard), "no list").unwrap();
    }
    read_all(folder.path()).unwrap();
    fs::remove_file(table(folder.path())).unwrap();
    assert!(matches!(read_all(folder.path()), Err(FeatureError::Index { .. })));
}

#[test]
fn a_table_of_other_lists_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 200);
    let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
    fill(&mut writer, &images(300)).unwrap();
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert_eq!((opened.has_table(), opened.len()), (false, 300));
    assert!(verify(folder.path()).unwrap().is_sound(), "an outdated table is no fault");
    assert!(write_table(folder.path()).unwrap());
    look_up(folder.path(), 300).unwrap();
    // One list less.
    let last = shards(folder.path()).pop().unwrap();
    fs::remove_file(list_of(&last)).unwrap();
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert!(!opened.has_table() && opened.len() < 300);
    // A list of another name: the table is not used, and the list is refused as ever.
    fs::write(folder.path().join("index/notes.txt"), "").unwrap();
    assert!(matches!(FeatureStore::open(folder.path()), Err(FeatureError::Index { .. })));
}

#[test]
fn the_table_of_parts_is_that_of_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts, merged] = ["whole", "parts", "merged"].map(|name| folder.path().join(name));
    tabled(&whole, 300);
    for index in 1..=2 {
        for place in [&parts, &folder.path().join(format!("half-{index}"))] {
            let part = Part::new(index, 2).unwrap();
            fill(&mut StoreWriter::open(place, &description(Element::F32), part).unwrap(), &images(300))
                .unwrap();
        }
        merge(&merged, &folder.path().join(format!("half-{index}"))).unwrap();
        assert!(FeatureStore::open(&merged).unwrap().has_table());
    }
    write_table(&parts).unwrap();
    assert_eq!(files(&parts), files(&whole));
    assert_eq!(files(&merged), files(&whole));
}

#[test]
fn an_empty_store_has_an_empty_table() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 0);
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert!(opened.has_table() && opened.is_empty() && !opened.contains(image(0)).unwrap());
    assert!(verify(folder.path()).unwrap().is_sound());
    assert!(matches!(write_table(&folder.path().join("absent")), Err(FeatureError::NotAStore { .. })));
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed_and_removing_the_table_mends_the_store() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 20);
    let path = table(folder.path());
    let whole = fs::read(&path).unwrap();
    let refused = |what: String| {
        let error = look_up(folder.path(), 20).expect_err(&what);
        assert!(
            matches!(&error, FeatureError::Table { path: named, .. } if *named == path),
            "{what}: {error}"
        );
        assert!(error.to_string().contains("remove this file"), "{error}");
        assert!(!verify(folder.path()).unwrap().is_sound(), "{what}");
    };
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        if (16..20).contains(&place) {
            // Another version is not read at all.
            assert!(!FeatureStore::open(folder.path()).unwrap().has_table());
            continue;
        }
        refused(format!("byte {place}"));
    }
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        refused(format!("cut to {length}"));
    }
    fs::write(&path, [&whole[..], b"\0"].concat()).unwrap();
    refused("lengthened".to_owned());
    fs::remove_file(&path).unwrap();
    look_up(folder.path(), 20).unwrap();
    assert!(write_table(folder.path()).unwrap());
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn a_damaged_table_is_written_anew_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 2_000);
    let whole = files(folder.path());
    // In the last block, which opening does not read.
    let length = fs::metadata(table(folder.path())).unwrap().len();
    OpenOptions::new()
        .write(true)
        .open(table(folder.path()))
        .unwrap()
        .write_all_at(b"xx", length - 60)
        .unwrap();
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert!(opened.has_table());
    assert!(matches!(opened.ids(), Err(FeatureError::Table { .. })));
    drop(opened);
    assert!(write_table(folder.path()).unwrap());
    assert_eq!(files(folder.path()), whole);
    fs::write(table(folder.path()), "").unwrap();
    assert_eq!(gc(folder.path(), |_| true).unwrap().damaged, 0);
    assert_eq!(files(folder.path()), whole, "garbage collection does so too");
}

#[test]
fn the_table_of_another_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    tabled(&own, 100);
    let keras = ExtractionKey { lineage: "keras".to_owned(), ..key() };
    let keras = StoreDescription::new(keras, SHAPE).unwrap();
    fill(&mut StoreWriter::open(&other, &keras, Part::WHOLE).unwrap(), &images(100)).unwrap();
    write_table(&other).unwrap();
    fs::copy(table(&other), table(&own)).unwrap();
    let error = FeatureStore::open(&own).unwrap_err();
    assert!(error.to_string().contains("belongs to another store"), "{error}");
    // Of the same key, but of other images: the lists differ.
    let fewer = folder.path().join("fewer");
    tabled(&fewer, 30);
    fs::copy(table(&fewer), table(&own)).unwrap();
    look_up(&own, 100).unwrap();
}

/// The features of one shard computed again with other last bits, and put in its place with its list.
#[test]
fn a_shard_that_was_replaced_is_noticed_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    tabled(&own, 64);
    let mut writer = StoreWriter::open(&other, &description(Element::F32), Part::WHOLE).unwrap();
    let again: Vec<f32> = maps(&images(64)).into_iter().map(|value| value + 1.0).collect();
    writer.write(&images(64), &again).unwrap();
    let (here, there) = (shards(&own).remove(0), shards(&other).remove(0));
    assert_eq!(here.file_name(), there.file_name());
    fs::copy(&there, &here).unwrap();
    fs::copy(list_of(&there), list_of(&here)).unwrap();
    assert!(matches!(read_all(&own), Err(FeatureError::Damaged { .. })));
    let problems = verify(&own).unwrap().problems;
    assert!(matches!(&problems[..], [FeatureError::Table { .. }]), "{problems:?}");
    gc(&own, |_| true).unwrap();
    let mut values = vec![0.0; VALUES];
    FeatureStore::open(&own).unwrap().read(&[image(3)], &mut values).unwrap();
    assert_eq!(values, map(image(3)).iter().map(|value| value + 1.0).collect::<Vec<_>>());
}

#[test]
fn a_shard_cut_short_or_gone_is_noticed_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 200);
    let opened = FeatureStore::open(folder.path()).unwrap();
    let shard = shards(folder.path()).remove(1);
    let length = fs::metadata(&shard).unwrap().len();
    for change in [-1_i64, 1, -2_000] {
        let file = OpenOptions::new().write(true).open(&shard).unwrap();
        file.set_len(length.saturating_add_signed(change)).unwrap();
        let error = read_all(folder.path()).unwrap_err();
        assert!(matches!(&error, FeatureError::Shard { path, .. } if *path == shard), "{error}");
        file.set_len(length).unwrap();
    }
    fs::remove_file(&shard).unwrap();
    let error = read_all(folder.path()).unwrap_err();
    assert!(matches!(&error, FeatureError::MissingShard { path } if *path == shard), "{error}");
    drop(opened);
    assert!(gc(folder.path(), |_| true).unwrap().damaged > 0);
    let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
    assert!(fill(&mut writer, &images(200)).unwrap() > 0);
    write_table(folder.path()).unwrap();
    read_all(folder.path()).unwrap();
}

#[test]
fn a_table_replaced_or_cut_in_use_is_an_error_and_not_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    tabled(folder.path(), 2_000);
    let opened = FeatureStore::open(folder.path()).unwrap();
    OpenOptions::new().write(true).open(table(folder.path())).unwrap().set_len(1_000).unwrap();
    let error = opened.ids().unwrap_err();
    assert!(matches!(&error, FeatureError::Table { reason, .. } if reason.contains("cut short")), "{error}");
    fs::remove_file(table(folder.path())).unwrap();
    write_table(folder.path()).unwrap();
    // The new file has another inode, so a store that was opened before keeps its own.
    let opened = FeatureStore::open(folder.path()).unwrap();
    fs::rename(table(folder.path()), folder.path().join("aside")).unwrap();
    fs::write(table(folder.path()), "other").unwrap();
    assert_eq!(opened.ids().unwrap().len(), 2_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any images and variants in any shards, some of them twice, are found where they are.
    #[test]
    fn what_is_stored_is_found(numbers in prop::collection::vec((0_usize..400, 0_u32..4), 1..1_500), cut in 1_usize..200) {
        let folder = tempfile::tempdir().unwrap();
        let mut ids: Vec<FeatureId> =
            numbers.iter().map(|&(number, variant)| FeatureId::variant(image(number).image, variant)).collect();
        ids.sort();
        ids.dedup();
        let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
        for shard in ids.chunks(cut) {
            writer.write(shard, &maps(shard)).unwrap();
        }
        write_table(folder.path()).unwrap();
        let opened = FeatureStore::open(folder.path()).unwrap();
        prop_assert!(opened.has_table());
        prop_assert_eq!(opened.len(), ids.len());
        for number in 0..400 {
            for variant in 0..5 {
                let id = FeatureId::variant(image(number).image, variant);
                prop_assert_eq!(opened.contains(id).unwrap(), ids.binary_search(&id).is_ok());
            }
        }
        let mut found = opened.ids().unwrap();
        let places = opened.places(&found).unwrap();
        prop_assert!(places.is_sorted_by(|first, second| first < second), "the order of the files");
        found.sort();
        prop_assert_eq!(&found, &ids);
        let mut values = vec![0.0; ids.len() * VALUES];
        opened.read(&ids, &mut values).unwrap();
        prop_assert_eq!(values, maps(&ids));
    }

    /// Random bytes over a part of a table are refused or not used. No value is wrong, and nothing panics.
    #[test]
    fn a_table_with_other_bytes_is_refused(place in 0.0..1.0_f64, bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let folder = tempfile::tempdir().unwrap();
        tabled(folder.path(), 70);
        let path = table(folder.path());
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        let start = (place * whole.len() as f64) as usize;
        let end = whole.len().min(start + bytes.len());
        changed[start..end].copy_from_slice(&bytes[..end - start]);
        fs::write(&path, &changed).unwrap();
        match read_all(folder.path()) {
            Ok(values) => prop_assert_eq!(values.len(), 70 * VALUES),
            Err(FeatureError::Table { .. }) => {}
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
}
