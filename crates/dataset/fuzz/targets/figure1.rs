//! Fuzzes the table reader of [`Figure1`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::Figure1;

fuzz_target!(|table: &[u8]| {
    let source = Figure1::new("");
    radiograph_dataset_fuzz::read(&source, "metadata.csv", table, &["images/a.jpg", "images/b.png"]);
});
