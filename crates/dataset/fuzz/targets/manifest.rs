//! Fuzzes the manifest reader: any bytes give an error, or a manifest that reads back as it is written.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::manifest::Manifest;

fuzz_target!(|table: &[u8]| {
    let path = Path::new("manifest.csv");
    if let Ok(manifest) = Manifest::read_from(table, path) {
        let mut written = Vec::new();
        manifest.write_to(&mut written).expect("memory takes everything");
        assert_eq!(Manifest::read_from(&written[..], path).expect("it was written so"), manifest);
        for row in manifest.rows() {
            assert!(!row.path.is_absolute() && !row.path.components().any(|part| part.as_os_str() == ".."));
        }
    }
});
