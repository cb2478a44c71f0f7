//! Fuzzes the readers of PNG, JPEG, TIFF, BMP and WebP with their orientation marks and depths: the picture and its gray
//! form come from one set of rules.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image::{ImageFormat, Limits, Undecodable, decode_gray, decode_noted, decode_with_gray};

fuzz_target!(|bytes: &[u8]| {
    if matches!(ImageFormat::of_content(bytes), None | Some(ImageFormat::Dicom)) {
        return;
    }
    let limits = Limits { pixels: 1 << 16, allocation: 16 << 20, ..Limits::default() };
    let panicked = |reason: &Undecodable| matches!(reason, Undecodable::DecoderPanicked { .. });
    match (decode_noted(bytes, &limits), decode_gray(bytes, &limits), decode_with_gray(bytes, &limits)) {
        (Ok(one), Ok(gray), Ok((other, same_gray))) => {
            assert_eq!(gray, same_gray);
            for picture in [one.picture, other] {
                assert_eq!((picture.width(), picture.height()), (gray.width(), gray.height()));
            }
        }
        (one, gray, both) => {
            for reason in [one.err(), gray.err(), both.err()].into_iter().flatten() {
                assert!(!panicked(&reason), "{reason}");
            }
        }
    }
});
