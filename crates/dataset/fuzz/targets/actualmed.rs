//! Fuzzes the table reader of [`Actualmed`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::Actualmed;

fuzz_target!(|table: &[u8]| {
    let source = Actualmed::new("");
    radiograph_dataset_fuzz::read(&source, "metadata.csv", table, &["images/a.png"]);
});
