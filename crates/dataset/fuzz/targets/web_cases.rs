//! Fuzzes the table reader of [`WebCases`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::WebCases;

fuzz_target!(|table: &[u8]| {
    let source = WebCases::new("web".parse().expect("a fitting name"), "");
    radiograph_dataset_fuzz::read(&source, "cases.csv", table, &["a.png", "sub/b.png"]);
});
