//! Fuzzes the decoders: any bytes give a picture within the limits or a refusal, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image::{Limits, Undecodable, decode, decode_gray};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pixels: 1 << 18, allocation: 16 << 20, ..Limits::default() };
    for decoded in [decode(bytes, &limits), decode_gray(bytes, &limits)] {
        match decoded {
            Ok(picture) => assert!(u64::from(picture.width()) * u64::from(picture.height()) <= limits.pixels),
            Err(reason) => assert!(!matches!(reason, Undecodable::DecoderPanicked { .. }), "{reason}"),
        }
    }
});
