//! The header of a DICOM file, any bytes; a preamble is put before them so that no run is spent on finding it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_dataset::image::DicomHeader;

fuzz_target!(|elements: &[u8]| {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    file.extend(elements);
    let _ = DicomHeader::of_bytes(&file);
});
