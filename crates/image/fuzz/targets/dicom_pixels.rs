//! Fuzzes the decoders of compressed DICOM pixels, whichever the stream finds. The attributes around the stream are made to
//! agree with its header, so that no run fails on their disagreement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image_fuzz::{compressed, decode_file, size};

const SYNTAXES: [&str; 7] = [
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.8.1",
    "1.2.840.10008.1.2.1.98",
];

fuzz_target!(|input: &[u8]| {
    let Some((&[syntax, layout], stream)) = input.split_first_chunk() else { return };
    let frame = size(stream).unwrap_or((40, 48, 1));
    decode_file(&compressed(SYNTAXES[usize::from(syntax) % SYNTAXES.len()], frame, layout, stream));
});
