//! Fuzzes the table reader of [`Cohen`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::Cohen;

fuzz_target!(|table: &[u8]| {
    let source = Cohen::new("");
    radiograph_dataset_fuzz::read(
        &source,
        "metadata.csv",
        table,
        &["images/a.png", "images/B.JPG", "volumes/c.nii.gz"],
    );
});
