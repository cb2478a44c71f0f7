//! Fuzzes the decoder of JPEG of 8 and 12 bits in DICOM.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image_fuzz::{Coding, decode_stream};

fuzz_target!(|input: &[u8]| decode_stream(Coding::Jpeg(&[0xC0, 0xC1, 0xC2]), input));
