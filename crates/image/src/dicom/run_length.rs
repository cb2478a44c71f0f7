//! Decodes the run-length coding of DICOM PS3.5 Annex G.

use super::{attributes::Attributes, damaged, words::Words};
use crate::Undecodable;

/// One PackBits segment for each byte of each sample, the most significant first; the samples come out in planes.
pub(super) fn decode(stream: &[u8], attributes: &Attributes) -> Result<Words, Undecodable> {
    let cut = || damaged("the run-length segments are cut off");
    let bytes_each = usize::from(attributes.bits_allocated.div_ceil(8));
    let segments = usize::from(attributes.samples) * bytes_each;
    let field = |index: usize| {
        let bytes = stream.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    };
    let promised = field(0).ok_or_else(cut)?;
    if promised != segments {
        return Err(damaged(format!("{promised} run-length segments, {segments} are needed")));
    }
    let pixels = attributes.pixels();
    let mut words = vec![0_u32; attributes.values()];
    for number in 0..segments {
        let start = field(number + 1).ok_or_else(cut)?;
        let end = if number + 1 < segments { field(number + 2).ok_or_else(cut)? } else { stream.len() };
        let segment = stream.get(start..end).ok_or_else(cut)?;
        let bytes = pack_bits(segment, pixels).ok_or_else(cut)?;
        let shift = 8 * (bytes_each - 1 - number % bytes_each);
        let first = number / bytes_each * pixels;
        for (word, byte) in words[first..first + pixels].iter_mut().zip(bytes) {
            *word |= u32::from(byte) << shift;
        }
    }
    Ok(if bytes_each > 2 {
        Words::Wide(words)
    } else {
        Words::Narrow(words.into_iter().map(|word| word as u16).collect())
    })
}

/// Unpacks exactly `length` bytes; `None` if the segment ends before.
fn pack_bits(segment: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    let mut at = 0;
    while bytes.len() < length {
        let control = segment.get(at)?.cast_signed();
        at += 1;
        let left = length - bytes.len();
        if let Ok(count) = usize::try_from(control) {
            let literal = segment.get(at..at + count + 1)?;
            bytes.extend_from_slice(&literal[..literal.len().min(left)]);
            at += count + 1;
        } else if control != i8::MIN {
            let count = usize::from(control.unsigned_abs()) + 1;
            bytes.resize(bytes.len() + count.min(left), *segment.get(at)?);
            at += 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_of_the_tiff_specification() {
        // The worked example of TIFF 6.0, section 9.
        let packed =
            [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let mut expected = vec![0xAA; 3];
        expected.extend([0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22]);
        expected.extend([0xAA; 10]);
        assert_eq!(pack_bits(&packed, expected.len()), Some(expected));
        assert_eq!(pack_bits(&packed[..5], 20), None);
        assert_eq!(pack_bits(&[], 1), None);
        assert_eq!(pack_bits(&[0x80, 0x80], 1), None, "no-operations alone make no byte");
    }
}
