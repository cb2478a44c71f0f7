//! Fuzzes the table reader of [`Hannover`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::Hannover;

fuzz_target!(|table: &[u8]| {
    let source = Hannover::new("");
    radiograph_dataset_fuzz::read(&source, "data.csv", table, &["png/a.png"]);
});
