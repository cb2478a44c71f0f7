//! Fuzzes the table reader of [`Nih`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::Nih;

fuzz_target!(|table: &[u8]| {
    let source = Nih::new("");
    radiograph_dataset_fuzz::read(
        &source,
        "Data_Entry_2017.csv",
        table,
        &["images/00000001_000.png", "images_002/images/00000002_000.png"],
    );
});
