//! Fuzzes the DICOM header reader with any elements. The preamble is put before them, so that no run searches for it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image::DicomHeader;

fuzz_target!(|elements: &[u8]| {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    file.extend(elements);
    let _ = DicomHeader::of_bytes(&file);
});
