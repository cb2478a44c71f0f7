//! The list of published sizes, any bytes.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::image::PublishedImages;

fuzz_target!(|list: &[u8]| {
    if let Ok(images) = PublishedImages::of_list(list, Path::new(PublishedImages::FILE), "cohen") {
        let _ = images.get("images/a.png");
    }
});
