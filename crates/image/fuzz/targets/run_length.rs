//! Fuzzes the decoder of RLE Lossless.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image_fuzz::{Coding, decode_stream};

fuzz_target!(|input: &[u8]| decode_stream(Coding::RunLength, input));
