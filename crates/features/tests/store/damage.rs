//! Tests of files that were cut, changed, removed or forged: each gives an error that names the file, and no panic.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::{FileExt, symlink},
    path::Path,
};

use radiograph_features::{Element, FeatureError, FeatureStore, Part, StoreWriter, gc, verify};

use crate::scene::{VALUES, description, files, fill, image, images, list_of, shards, store};

fn flip(path: &Path, offset: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1], offset).unwrap();
}

/// Reads everything, and returns the first error.
fn read_all(folder: &Path) -> Result<(), FeatureError> {
    let opened = FeatureStore::open(folder)?;
    let ids = opened.ids()?;
    opened.read(&ids, &mut vec![0.0; ids.len() * VALUES])
}

/// Checks that after damage, `gc` and one more run restore the store.
fn assert_mends(folder: &Path, whole: &std::collections::BTreeMap<String, Vec<u8>>, count: usize) {
    assert!(!verify(folder).unwrap().is_sound());
    let collected = gc(folder, |_| true).unwrap();
    assert!(collected.damaged > 0);
    let mut writer = StoreWriter::open(folder, &description(Element::F32), Part::WHOLE).unwrap();
    assert!(fill(&mut writer, &images(count)).unwrap() > 0);
    assert_eq!(&files(folder), whole);
    assert!(verify(folder).unwrap().is_sound());
}

#[test]
fn a_flipped_bit_is_noticed_when_its_features_are_read() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let whole = files(folder.path());
    let shard = &shards(folder.path())[0];
    let length = fs::metadata(shard).unwrap().len();
    flip(shard, length - 1);
    let opened = FeatureStore::open(folder.path()).unwrap();
    let mut damaged = 0;
    for id in images(100) {
        match opened.read(&[id], &mut [0.0; VALUES]) {
            Ok(()) => {}
            Err(FeatureError::Damaged { path, feature }) => {
                assert_eq!((&path, feature), (shard, id));
                damaged += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(damaged, 1);
    drop(opened);
    assert_mends(folder.path(), &whole, 100);
}

#[test]
fn a_flipped_bit_in_a_header_is_noticed_by_verify() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 10);
    let whole = files(folder.path());
    flip(&shards(folder.path())[0], 20);
    let verification = verify(folder.path()).unwrap();
    assert!(matches!(verification.problems[..], [FeatureError::Shard { .. }]));
    assert_mends(folder.path(), &whole, 10);
}

#[test]
fn a_shard_cut_short_or_lengthened_is_noticed_when_the_store_is_opened() {
    for change in [-1_i64, -3_000, 1, i64::MIN] {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), 100);
        let whole = files(folder.path());
        let shard = &shards(folder.path())[1];
        let length = fs::metadata(shard).unwrap().len();
        let file = OpenOptions::new().write(true).open(shard).unwrap();
        file.set_len(length.saturating_add_signed(change)).unwrap();
        let error = FeatureStore::open(folder.path()).unwrap_err();
        assert!(matches!(&error, FeatureError::Shard { path, .. } if path == shard), "{error}");
        let error = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap_err();
        assert!(matches!(error, FeatureError::Shard { .. }), "{error}");
        assert_mends(folder.path(), &whole, 100);
    }
}

#[test]
fn a_shard_cut_short_in_use_is_an_error_and_not_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 10);
    let opened = FeatureStore::open(folder.path()).unwrap();
    let shard = &shards(folder.path())[0];
    OpenOptions::new().write(true).open(shard).unwrap().set_len(100).unwrap();
    let error = opened.read(&[image(9)], &mut [0.0; VALUES]).unwrap_err();
    assert!(matches!(error, FeatureError::Shard { .. }), "{error}");
    fs::remove_file(shard).unwrap();
    let error = opened.read(&[image(9)], &mut [0.0; VALUES]).unwrap_err();
    assert!(matches!(error, FeatureError::MissingShard { .. }), "{error}");
}

#[test]
fn a_list_whose_shard_is_missing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let whole = files(folder.path());
    let shard = &shards(folder.path())[0];
    fs::remove_file(shard).unwrap();
    let error = FeatureStore::open(folder.path()).unwrap_err();
    assert!(matches!(&error, FeatureError::MissingShard { path } if path == shard), "{error}");
    assert_mends(folder.path(), &whole, 100);
}

/// No user, not even root, can read a link to itself. A disk that fails for a moment gives such an error too.
#[test]
fn what_the_system_does_not_give_is_not_collected_as_damaged() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let whole = files(folder.path());
    let shard = shards(folder.path())[0].clone();
    for refused in [list_of(&shard), shard] {
        let aside = folder.path().join("aside");
        fs::rename(&refused, &aside).unwrap();
        symlink(&refused, &refused).unwrap();
        let error = gc(folder.path(), |_| true).unwrap_err();
        assert!(matches!(&error, FeatureError::Read { path, .. } if *path == refused), "{error}");
        assert!(refused.is_symlink(), "{} was removed", refused.display());
        fs::rename(&aside, &refused).unwrap();
        assert_eq!(files(folder.path()), whole);
    }
    assert_eq!(gc(folder.path(), |_| true).unwrap().damaged, 0);
    assert_eq!(files(folder.path()), whole);
}

#[test]
fn a_shard_without_a_list_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 100);
    let whole = files(folder.path());
    fs::remove_file(list_of(&shards(folder.path())[0])).unwrap();
    read_all(folder.path()).unwrap();
    assert_eq!(verify(folder.path()).unwrap().unlisted.len(), 1);
    let mut writer = StoreWriter::open(folder.path(), &description(Element::F32), Part::WHOLE).unwrap();
    assert!(fill(&mut writer, &images(100)).unwrap() > 0);
    assert_eq!(files(folder.path()), whole);
}

#[test]
fn every_forged_list_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    let list = list_of(&shards(folder.path())[0]);
    let text = fs::read_to_string(&list).unwrap();
    let (own, other) = (image(0).image.to_string(), image(50).image.to_string());
    let mut forged = vec![
        String::new(),
        "null".to_owned(),
        "[".repeat(200_000),
        text[..text.len() / 2].to_owned(),
        text.replace("\"bytes\":", "\"bytes\":9"),
        text.replace("\"bytes\":", "\"bytes\":-"),
        text.replace("\"variant\":0", "\"variant\":1"),
        text.replace("\"variant\":0", "\"variant\":4294967296"),
        text.replace(&own, &other),
        text.replace(&own, "../../../etc/passwd"),
        text.replace("\"features\":[", "\"path\":\"/etc/passwd\",\"features\":["),
        format!("{text}{}", " ".repeat(1 << 20)),
    ];
    // An empty list, and a list with one entry 2,000 times.
    let start = text.find('[').unwrap() + 1;
    let end = text.find(']').unwrap();
    forged.push(format!("{}{}", &text[..start], &text[end..]));
    let first = &text[start..text.find('}').unwrap() + 1];
    forged.push(format!("{}{}{}", &text[..start], vec![first; 2_000].join(","), &text[end..]));
    assert_eq!(forged.len(), 14);
    for forgery in forged {
        assert_ne!(forgery, text);
        fs::write(&list, &forgery).unwrap();
        let error = FeatureStore::open(folder.path()).unwrap_err();
        let shown: String = forgery.chars().take(200).collect();
        let named = matches!(&error, FeatureError::Index { path, .. } | FeatureError::Read { path, .. } if *path == list);
        assert!(named, "{error}\n{shown}");
        assert_eq!(verify(folder.path()).unwrap().problems.len(), 1);
    }
    // A wrong checksum, which reading must find.
    let start = text.find("\"crc32\":").unwrap() + 8;
    let end = start + text[start..].find('}').unwrap();
    fs::write(&list, format!("{}7{}", &text[..start], &text[end..])).unwrap();
    assert!(matches!(read_all(folder.path()), Err(FeatureError::Damaged { .. })));
    fs::write(&list, &text).unwrap();
    read_all(folder.path()).unwrap();
}

#[test]
fn strange_things_in_the_index_are_named() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), 3);
    let whole = files(folder.path());
    for name in ["notes.txt", "0123.json", "ABCDEF0123456789abcdef0123456789.json"] {
        let path = folder.path().join("index").join(name);
        fs::write(&path, "{}").unwrap();
        let error = FeatureStore::open(folder.path()).unwrap_err();
        assert!(matches!(&error, FeatureError::Index { path: named, .. } if *named == path), "{error}");
        fs::remove_file(&path).unwrap();
    }
    // The list of another shard under a name of the right form.
    let list = list_of(&shards(folder.path())[0]);
    fs::copy(&list, folder.path().join("index/0123456789abcdef0123456789abcdef.json")).unwrap();
    assert!(matches!(FeatureStore::open(folder.path()), Err(FeatureError::Index { .. })));
    gc(folder.path(), |_| true).unwrap();
    assert_eq!(files(folder.path()), whole);
}
