//! Fuzzes the readers of the manifest and of its private table: any bytes give an error, a manifest that reads back as it is
//! written, or a table whose files stay in their folder.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::manifest::{Manifest, PrivateFiles};

fuzz_target!(|table: &[u8]| {
    let path = Path::new("manifest.csv");
    if let Ok(manifest) = Manifest::read_from(table, path) {
        let mut written = Vec::new();
        manifest.write_to(&mut written).expect("memory takes everything");
        assert_eq!(Manifest::read_from(&written[..], path).expect("it was written so"), manifest);
    }
    if let Ok(files) = PrivateFiles::read_from(table, Path::new("files.csv")) {
        for (_, file) in files.iter() {
            assert!(!file.path.is_absolute() && !file.path.components().any(|part| part.as_os_str() == ".."));
        }
    }
});
