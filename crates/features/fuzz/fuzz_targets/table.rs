//! Fuzz target: a table with other bytes, checksums mended, is refused, or every feature map reads as it was written.

#![no_main]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use libfuzzer_sys::fuzz_target;
use radiograph_features::{
    Element, ExtractionKey, FeatureError, FeatureId, FeatureStore, Part, StoreDescription, StoreWriter, verify,
    write_table,
};
use radiograph_files::ContentHash;
use tempfile::TempDir;

const FEATURES: usize = 1_100;
/// Bytes of the fixed part, of a shard, of a block in the list of blocks, and of a feature map.
const FIXED: usize = 68;
const SHARD: usize = 28;
const LISTED: usize = 40;
const ENTRY: usize = 48;
/// Feature maps of a block.
const BLOCK: usize = 1_024;

fn image(number: usize) -> FeatureId {
    FeatureId::plain(ContentHash::of_bytes(&number.to_le_bytes()))
}

/// A store of maps `[number, 1]`, with the bytes of its table.
fn scene() -> &'static (TempDir, Vec<u8>) {
    static SCENE: OnceLock<(TempDir, Vec<u8>)> = OnceLock::new();
    SCENE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let key = ExtractionKey {
            backbone: "tiny".to_owned(),
            weights: ContentHash::of_bytes(b"weights"),
            preprocessing: String::new(),
            lineage: String::new(),
            precision: Element::F32,
            computation: None,
        };
        let description = StoreDescription::new(key, [2, 1, 1]).expect("a shape");
        let mut writer = StoreWriter::open(folder.path(), &description, Part::WHOLE).expect("a new store");
        for shard in writer.plan((0..FEATURES).map(image)).shards {
            let number = |id: &FeatureId| (0..FEATURES).find(|&number| image(number) == *id).expect("one of ours");
            let values: Vec<f32> = shard.iter().flat_map(|id| [number(id) as f32, 1.0]).collect();
            writer.write(&shard, &values).expect("a shard");
        }
        drop(writer);
        write_table(folder.path()).expect("a table");
        let table = fs::read(path(folder.path())).expect("the table");
        (folder, table)
    })
}

fn path(folder: &Path) -> PathBuf {
    folder.join("table.bin")
}

fn number(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).map_or(0, |four| u32::from_le_bytes(four.try_into().expect("4 bytes")) as usize)
}

/// Writes the checksums that belong to these bytes, as far as their numbers make sense.
fn mend(bytes: &mut [u8]) {
    let (shards, features) = (number(bytes, 20), number(bytes, 24));
    let blocks = features.div_ceil(BLOCK);
    let lists = FIXED.saturating_add(shards.saturating_mul(SHARD));
    let head = lists.saturating_add(blocks.saturating_mul(LISTED));
    if head > bytes.len() {
        return;
    }
    for block in 0..blocks {
        let start = head + block * BLOCK * ENTRY;
        let end = bytes.len().min(start + BLOCK * ENTRY);
        let Some(entries) = bytes.get(start..end) else { continue };
        let checksum = crc32fast::hash(entries).to_le_bytes();
        bytes[lists + block * LISTED + 36..][..4].copy_from_slice(&checksum);
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..64]);
    hasher.update(&bytes[FIXED..head]);
    bytes[64..FIXED].copy_from_slice(&hasher.finalize().to_le_bytes());
}

fuzz_target!(|changes: (bool, Option<u16>, Vec<(u16, [u8; 4])>)| {
    let (folder, table) = scene();
    let (mended, cut, changes) = changes;
    let mut bytes = table.clone();
    for (place, new) in changes {
        let place = usize::from(place) % (bytes.len() - 4);
        bytes[place..place + 4].copy_from_slice(&new);
    }
    bytes.truncate(cut.map_or(usize::MAX, usize::from));
    if mended && bytes.len() >= FIXED {
        mend(&mut bytes);
    }
    fs::write(path(folder.path()), &bytes).expect("the table");
    let is_ours = |error: &FeatureError| {
        matches!(
            error,
            FeatureError::Table { .. }
                | FeatureError::Damaged { .. }
                | FeatureError::Missing { .. }
                | FeatureError::Shard { .. }
        )
    };
    verify(folder.path()).expect("a store with any table can be verified");
    match FeatureStore::open(folder.path()) {
        Ok(store) => {
            for film in [0, 1, FEATURES / 2, FEATURES - 1] {
                let mut map = [0.0; 2];
                match store.read(&[image(film)], &mut map) {
                    Ok(()) => assert_eq!(map, [film as f32, 1.0]),
                    Err(error) => assert!(is_ours(&error), "{error}"),
                }
            }
            let _ = store.ids();
        }
        Err(error) => assert!(is_ours(&error), "{error}"),
    }
});
