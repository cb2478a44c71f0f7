//! Fuzzes the table reader of [`CovidCxnet`] with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::source::CovidCxnet;

fuzz_target!(|table: &[u8]| {
    let source = CovidCxnet::new("");
    radiograph_dataset_fuzz::read(
        &source,
        "metadata.csv",
        table,
        &["chest_xray_images/covid19/001.jpg", "chest_xray_images/covid19/2p-.PNG"],
    );
});
