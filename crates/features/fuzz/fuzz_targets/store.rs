//! Fuzz target: any description, list and table are refused, or the store opens.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use radiograph_features::{FeatureStore, gc, verify, write_table};

fuzz_target!(|files: (Vec<u8>, Vec<u8>, Vec<u8>)| {
    let (description, list, table) = files;
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("index")).expect("a folder");
    fs::write(folder.path().join("store.json"), &description).expect("a file");
    fs::write(folder.path().join("index/0123456789abcdef0123456789abcdef.json"), &list).expect("a file");
    fs::write(folder.path().join("table.bin"), &table).expect("a file");
    if let Ok(store) = FeatureStore::open(folder.path()) {
        let _ = store.ids();
    }
    let _ = verify(folder.path());
    let _ = write_table(folder.path());
    let _ = gc(folder.path(), |_| true);
});
