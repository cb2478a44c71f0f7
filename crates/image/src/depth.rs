//! Finds the range that 16-bit samples really use: devices with 10 to 15 bits store them at the bottom of 16.
//!
//! A network would see such a film as nearly black. Where nothing states the range, the rule is that of DICOM files
//! without a window: the values that occur, without the outermost thousandths.

use std::io::Cursor;

use tiff::{decoder::Decoder, tags::Tag};

use crate::{ImageFormat, Picture, Samples, tone::robust_range};

/// Samples from here on use the upper half of 16 bits.
const UPPER_HALF: u16 = 1 << 15;

/// The range to stretch, black and white; `None` for pictures that use the upper half of their 16 bits, and those of 8.
///
/// `by_table` is what a table says of the range, and `by_file` what the file says. The first one that (almost) all samples are
/// within is believed.
pub(crate) fn range(
    picture: &Picture,
    by_table: Option<(u16, u16)>,
    by_file: impl FnOnce() -> Option<(u16, u16)>,
) -> Option<(u16, u16)> {
    let (Samples::Gray16(values) | Samples::Rgb16(values)) = picture.samples() else { return None };
    let mut counts = vec![0_u64; 1 << 16];
    for &value in values {
        counts[usize::from(value)] += 1;
    }
    let ascending: Vec<(f64, u64)> = (0..=u16::MAX)
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(value, count)| (value.into(), count))
        .collect();
    let (least, greatest) = robust_range(&ascending)?;
    let (least, greatest) = (least as u16, greatest as u16);
    if greatest >= UPPER_HALF || least == greatest {
        return None;
    }
    let holds = |&(black, white): &(u16, u16)| black <= least && greatest <= white;
    match by_table.filter(holds).or_else(|| by_file().filter(holds)) {
        Some((_, white)) if white >= UPPER_HALF => None,
        Some((black, white)) => Some((black, white)),
        None => Some((least, greatest)),
    }
}

/// The range that a file states: PNG's significant bits, TIFF's least and greatest sample value.
pub(crate) fn stated(bytes: &[u8], format: ImageFormat) -> Option<(u16, u16)> {
    match format {
        ImageFormat::Png => {
            let bits = *significant_bits(bytes)?.iter().max()?;
            Some((0, u16::MAX >> 16_u8.checked_sub(bits).filter(|&unused| unused < 16)?))
        }
        ImageFormat::Tiff => {
            let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?;
            let white = decoder.get_tag_u32(Tag::MaxSampleValue).ok()?;
            let black = decoder.get_tag_u32(Tag::MinSampleValue).unwrap_or(0);
            Some((u16::try_from(black).ok()?, u16::try_from(white).ok()?))
        }
        _ => None,
    }
}

/// A PNG's chunk (sBIT) which states that the samples use all of their 16 bits.
pub(crate) fn all_bits(channels: usize) -> Vec<u8> {
    let mut chunk = (channels as u32).to_be_bytes().to_vec();
    chunk.extend(b"sBIT");
    chunk.resize(8 + channels, 16);
    let mut checksum = flate2::Crc::new();
    checksum.update(&chunk[4..]);
    chunk.extend(checksum.sum().to_be_bytes());
    chunk
}

/// Content of a PNG's sBIT chunk, which stands before the pixels.
fn significant_bits(bytes: &[u8]) -> Option<&[u8]> {
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..at + 4)?.first_chunk()?) as usize;
        let kind = bytes.get(at + 4..at + 8)?;
        match kind {
            b"sBIT" => return bytes.get(at + 8..at + 8 + length.min(4)),
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(12)?.checked_add(length)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: Vec<u16>, stated: Option<(u16, u16)>) -> Option<(u16, u16)> {
        let picture = Picture::new(values.len() as u32, 1, Samples::Gray16(values)).unwrap();
        range(&picture, None, || stated)
    }

    #[test]
    fn ranges_of_devices() {
        assert_eq!(of(vec![0, 100, 4095], None), Some((0, 4095)));
        assert_eq!(of(vec![100, 2000, 3000], Some((0, 4095))), Some((0, 4095)));
        assert_eq!(of(vec![100, 2000, 5000], Some((0, 4095))), Some((100, 5000)), "beyond what is stated");
        assert_eq!(of(vec![0, 40_000], None), None);
        assert_eq!(of(vec![0, 4000], Some((0, 65_535))), None, "all bits are stated");
        assert_eq!(of(vec![0; 9], None), None);
        // A letter burnt in at full white does not hide that the film has 12 bits.
        let mut film: Vec<u16> = (0..4000).collect();
        film.push(65_535);
        assert_eq!(of(film, None), Some((4, 3996)));
    }

    #[test]
    fn significant_bits_stand_before_the_pixels() {
        let chunk = |kind: &[u8], content: &[u8]| {
            [&(content.len() as u32).to_be_bytes(), kind, content, &[0; 4]].concat()
        };
        let png = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &[0; 13]), chunk(b"sBIT", &[12])].concat();
        assert_eq!(stated(&png, ImageFormat::Png), Some((0, 4095)));
        let late = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IDAT", &[0; 13]), chunk(b"sBIT", &[12])].concat();
        assert_eq!(stated(&late, ImageFormat::Png), None);
    }
}
