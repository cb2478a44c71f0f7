//! Tests of verifying, garbage collection and merging.

use radiograph_features::{
    Element, ExtractionKey, FeatureError, FeatureStore, Part, StoreDescription, StoreWriter, gc, merge,
    verify, write_table,
};

use crate::scene::{SHAPE, VALUES, description, files, fill, image, images, key, maps, store};

#[test]
fn a_whole_store_verifies() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 150);
    let verification = verify(folder.path()).unwrap();
    assert!(verification.is_sound() && verification.unlisted.is_empty());
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert_eq!((verification.shards, verification.features), (3, 150));
    assert_eq!(verification.bytes, opened.bytes());
}

#[test]
fn stores_filled_apart_are_merged_into_the_files_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, merged, whole] =
        ["first", "second", "merged", "whole"].map(|name| folder.path().join(name));
    for (index, folder) in [(1, &first), (2, &second)] {
        let part = Part::new(index, 2).unwrap();
        let mut writer = StoreWriter::open(folder, &description(Element::F32), part).unwrap();
        fill(&mut writer, &images(300)).unwrap();
    }
    store(&whole, 300);
    let (one, two) = (merge(&merged, &first).unwrap(), merge(&merged, &second).unwrap());
    assert_eq!((one.copied + two.copied, one.present + two.present), (300, 0));
    write_table(&whole).unwrap();
    assert_eq!(files(&merged), files(&whole));
    assert_eq!(merge(&merged, &second).unwrap().copied, 0, "twice is as good as once");
}

#[test]
fn merging_copies_only_what_is_lacking() {
    let folder = tempfile::tempdir().unwrap();
    let (into, from) = (folder.path().join("into"), folder.path().join("from"));
    store(&into, 30);
    let mut writer = StoreWriter::open(&from, &description(Element::F32), Part::WHOLE).unwrap();
    fill(&mut writer, &images(100)[20..]).unwrap();
    let merged = merge(&into, &from).unwrap();
    assert_eq!((merged.copied, merged.present), (70, 10));
    let opened = FeatureStore::open(&into).unwrap();
    let mut read = vec![0.0; 100 * VALUES];
    opened.read(&images(100), &mut read).unwrap();
    assert_eq!(read, maps(&images(100)));
    assert!(verify(&into).unwrap().is_sound());
}

#[test]
fn stores_of_different_keys_are_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let (into, from) = (folder.path().join("into"), folder.path().join("from"));
    store(&into, 3);
    let other = ExtractionKey { lineage: "keras".to_owned(), ..key() };
    let other = StoreDescription::new(other, SHAPE).unwrap();
    fill(&mut StoreWriter::open(&from, &other, Part::WHOLE).unwrap(), &images(9)).unwrap();
    let before = files(&into);
    assert!(matches!(merge(&into, &from), Err(FeatureError::OtherKey { .. })));
    assert_eq!(files(&into), before);
}

#[test]
fn garbage_collection_keeps_exactly_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 200);
    // All of the first shard, some of the second, none of the third, all of the short last one.
    let wanted: Vec<_> = (0..200).filter(|number| !(80..192).contains(number)).map(image).collect();
    let before = bytes(folder.path());
    let collected = gc(folder.path(), |id| wanted.contains(&id)).unwrap();
    assert_eq!((collected.kept, collected.unwanted, collected.damaged), (wanted.len(), 112, 0));
    let opened = FeatureStore::open(folder.path()).unwrap();
    assert_eq!((opened.len(), opened.shards()), (wanted.len(), 3));
    assert_eq!(collected.freed, before - bytes(folder.path()));
    assert!(collected.freed > 112 * VALUES as u64 * 4);
    let mut read = vec![0.0; wanted.len() * VALUES];
    opened.read(&wanted, &mut read).unwrap();
    assert_eq!(read, maps(&wanted));
    drop(opened);
    let verification = verify(folder.path()).unwrap();
    assert!(verification.is_sound() && verification.unlisted.is_empty());
    assert_eq!(gc(folder.path(), |_| true).unwrap().freed, 0);
    // One feature map of each shard is removed.
    let before = bytes(folder.path());
    let collected = gc(folder.path(), |id| ![image(0), image(70), image(199)].contains(&id)).unwrap();
    assert_eq!((collected.unwanted, collected.freed), (3, before - bytes(folder.path())));
}

#[test]
fn nothing_is_removed_while_somebody_reads() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 200);
    let whole = files(folder.path());
    let reader = FeatureStore::open(folder.path()).unwrap();
    assert!(matches!(gc(folder.path(), |_| false), Err(FeatureError::InUse { .. })));
    assert_eq!(files(folder.path()), whole);
    let all = reader.ids().unwrap();
    reader.read(&all, &mut vec![0.0; all.len() * VALUES]).unwrap();
    drop(reader);
    assert_eq!(gc(folder.path(), |_| false).unwrap().unwanted, 200);
}

/// Number of bytes of all shards and lists.
fn bytes(folder: &std::path::Path) -> u64 {
    files(folder).values().map(|content| content.len() as u64).sum()
}

#[test]
fn nothing_is_collected_while_somebody_writes_or_where_no_store_is() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    let writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
    assert!(matches!(gc(folder.path(), |_| false), Err(FeatureError::Busy { .. })));
    assert!(matches!(merge(folder.path(), folder.path()), Err(FeatureError::PartTaken { .. })));
    drop(writer);
    assert_eq!(gc(folder.path(), |_| false).unwrap().unwanted, 3);

    let other = tempfile::tempdir().unwrap();
    assert!(matches!(gc(other.path(), |_| false), Err(FeatureError::NotAStore { .. })));
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
}
