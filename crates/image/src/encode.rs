//! Encodes a [`Picture`] as PNG, JPEG, WebP or BMP.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{
        bmp::BmpEncoder,
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
};

use crate::{ImageFormat, Picture, Samples, depth};

/// Encodes as PNG, at the picture's depth; `None` only where memory ends the library's work.
///
/// ```
/// use radiograph_image::{Limits, Picture, Samples, decode, encode_png};
///
/// let picture = Picture::new(2, 1, Samples::Gray16(vec![1, 65_535])).expect("two pixels");
/// let bytes = encode_png(&picture).expect("memory");
/// assert_eq!(decode(&bytes, &Limits::default()), Ok(picture));
/// ```
pub fn encode_png(picture: &Picture) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // `Fast` is compressed by fdeflate. The other levels use flate2, whose backend, and with it every byte of the file, depends
    // on the features that other crates of a build ask for.
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let (samples, colours) = raw(picture);
    encoder.write_image(&samples, picture.width(), picture.height(), colours).ok()?;
    if depth::range(picture, None, || None).is_some() {
        // A dark picture would be taken for one of fewer bits when it is read again.
        bytes.splice(AFTER_HEADER..AFTER_HEADER, depth::all_bits(picture.channels()));
    }
    Some(bytes)
}

/// Where a PNG's first chunk, the header, ends.
const AFTER_HEADER: usize = 33;

/// Encodes 8 bits in another format: JPEG of quality 90, lossless WebP (in colour, as it has no gray) or BMP;
/// `None` for formats that are not written.
pub fn encode(picture: &Picture, format: ImageFormat) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let eight = picture.clone().into_8_bit();
    let (width, height) = (eight.width(), eight.height());
    let written = match format {
        ImageFormat::Png => return encode_png(picture),
        ImageFormat::Jpeg => {
            let (samples, colours) = raw(&eight);
            JpegEncoder::new_with_quality(&mut bytes, 90).write_image(&samples, width, height, colours)
        }
        ImageFormat::WebP => {
            let (samples, colours) = raw(&eight.into_rgb());
            WebPEncoder::new_lossless(&mut bytes).write_image(&samples, width, height, colours)
        }
        ImageFormat::Bmp => {
            let (samples, colours) = raw(&eight);
            BmpEncoder::new(&mut bytes).write_image(&samples, width, height, colours)
        }
        _ => return None,
    };
    written.ok()?;
    Some(bytes)
}

/// Samples in the machine's order of bytes, as the encoders take them.
fn raw(picture: &Picture) -> (Vec<u8>, ExtendedColorType) {
    let words = |values: &[u16]| values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    match picture.samples() {
        Samples::Gray8(values) => (values.clone(), ExtendedColorType::L8),
        Samples::Gray16(values) => (words(values), ExtendedColorType::L16),
        Samples::Rgb8(values) => (values.clone(), ExtendedColorType::Rgb8),
        Samples::Rgb16(values) => (words(values), ExtendedColorType::Rgb16),
    }
}
