//! Reads how a file codes colour from its header, in the words of Pillow, which published lists of images use.

use crate::ImageFormat;

/// Colour mode of a PNG or JPEG file: `1`, `L`, `LA`, `P`, `RGB`, `RGBA`, `CMYK` or `I;16`; `None` for other formats and
/// for headers that say none of these.
///
/// ```
/// use radiograph_image::{Picture, Samples, colour_mode, encode_png};
///
/// let gray = Picture::new(1, 1, Samples::Gray8(vec![7])).expect("one pixel");
/// assert_eq!(colour_mode(&encode_png(&gray).expect("memory")), Some("L"));
/// ```
pub fn colour_mode(bytes: &[u8]) -> Option<&'static str> {
    match ImageFormat::of_content(bytes)? {
        ImageFormat::Png => png(bytes),
        ImageFormat::Jpeg => jpeg(bytes),
        _ => None,
    }
}

/// The header chunk is the first one; depth and colour type follow width and height.
fn png(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    match (*bytes.get(25)?, *bytes.get(24)?) {
        (0, 1) => Some("1"),
        (0, 16) => Some("I;16"),
        (0, _) => Some("L"),
        (2, _) => Some("RGB"),
        (3, _) => Some("P"),
        (4, _) => Some("LA"),
        (6, _) => Some("RGBA"),
        _ => None,
    }
}

/// The number of components in the frame header, which follows other segments.
fn jpeg(bytes: &[u8]) -> Option<&'static str> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill bytes, and markers without a segment.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            // Frame headers; C4, C8 and CC are tables and a reserved marker.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                return match *bytes.get(at + 9)? {
                    1 => Some("L"),
                    3 => Some("RGB"),
                    4 => Some("CMYK"),
                    _ => None,
                };
            }
            // Pixels, or the end.
            0xD9 | 0xDA => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                at += 2 + length.max(2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Picture, Samples, encode_png};

    #[test]
    fn modes_are_those_of_pillow() {
        let one = |samples| encode_png(&Picture::new(1, 1, samples).unwrap()).unwrap();
        assert_eq!(colour_mode(&one(Samples::Gray8(vec![1]))), Some("L"));
        assert_eq!(colour_mode(&one(Samples::Gray16(vec![1]))), Some("I;16"));
        assert_eq!(colour_mode(&one(Samples::Rgb8(vec![1, 2, 3]))), Some("RGB"));
        // A comment of 3 bytes, a quantisation table that is cut short, and frame headers of 1, 3 and 4 components.
        for (components, mode) in [(1, Some("L")), (3, Some("RGB")), (4, Some("CMYK")), (2, None)] {
            let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 5, 1, 2, 3, 0xFF, 0xDB, 0, 2];
            bytes.extend([0xFF, 0xFF, 0xC2, 0, 11, 8, 0, 1, 0, 1, components]);
            assert_eq!(colour_mode(&bytes), mode, "{components}");
            assert_eq!(colour_mode(&bytes[..20]), None);
        }
        assert_eq!(colour_mode(b"BM"), None);
    }
}
