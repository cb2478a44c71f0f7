//! Fuzzes the reader of the list of published sizes with any bytes.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::PublishedImages;

fuzz_target!(|list: &[u8]| {
    if let Ok(images) = PublishedImages::of_list(list, Path::new(PublishedImages::FILE), "cohen") {
        let _ = images.get("images/a.png");
    }
});
