//! Decodes stored DICOM pixels to words, for every supported transfer syntax.

use dicom_core::{PrimitiveValue, value::Value};
use dicom_dictionary_std::{tags, uids};
use jpeg_decoder::PixelFormat;

use super::{Attributes, Object, damaged, unsupported};
use crate::{Limits, Picture, Samples, Undecodable, jpeg};

/// How the pixels of a file are stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Codec {
    Uncompressed {
        big_endian: bool,
    },
    /// Baseline and extended sequential JPEG with 8 bits.
    Jpeg,
    JpegLossless,
    RunLength,
}

impl Codec {
    pub(super) fn of(transfer_syntax: &str) -> Result<Self, Undecodable> {
        match transfer_syntax {
            uids::IMPLICIT_VR_LITTLE_ENDIAN | uids::EXPLICIT_VR_LITTLE_ENDIAN => {
                Ok(Self::Uncompressed { big_endian: false })
            }
            // Explicit VR big endian, retired and still found.
            "1.2.840.10008.1.2.2" => Ok(Self::Uncompressed { big_endian: true }),
            uids::JPEG_BASELINE8_BIT | uids::JPEG_EXTENDED12_BIT => Ok(Self::Jpeg),
            uids::JPEG_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => Ok(Self::JpegLossless),
            uids::RLE_LOSSLESS => Ok(Self::RunLength),
            other => Err(unsupported(format!("pixels in transfer syntax {other}"))),
        }
    }

    /// The samples of the frame, `[H, W]` or `[H, W, 3]`, each a stored code.
    pub(super) fn decode(
        self,
        object: &Object,
        attributes: &Attributes,
        limits: &Limits,
    ) -> Result<Vec<u16>, Undecodable> {
        let element = object.get(tags::PIXEL_DATA).ok_or(Undecodable::NoPixels)?;
        let words = match (self, element.value()) {
            (Self::Uncompressed { big_endian }, Value::Primitive(value)) => {
                check_colours(object)?;
                interleave(uncompressed(value, big_endian, attributes)?, attributes, attributes.planar)
            }
            (Self::Uncompressed { .. }, _) => {
                return Err(damaged("pixels in fragments, though the transfer syntax has none"));
            }
            (codec, Value::PixelSequence(sequence)) => {
                let stream = sequence.fragments().concat();
                match codec {
                    Self::RunLength => {
                        check_colours(object)?;
                        interleave(run_length(&stream, attributes)?, attributes, true)
                    }
                    Self::JpegLossless => jpeg_lossless(&stream, attributes, limits)?,
                    _ => jpeg_lossy(&stream, attributes, limits)?,
                }
            }
            _ => return Err(damaged("pixels without fragments, though the transfer syntax compresses them")),
        };
        if words.len() != attributes.values() {
            return Err(damaged(format!(
                "{} samples are stored, {} promised",
                words.len(),
                attributes.values()
            )));
        }
        Ok(words.into_iter().map(|word| attributes.code(word)).collect())
    }
}

/// Without a codec that converts them, luma and chroma would be shown as red, green and blue.
fn check_colours(object: &Object) -> Result<(), Undecodable> {
    let meaning = super::attributes::text(object, tags::PHOTOMETRIC_INTERPRETATION);
    if meaning.starts_with("YBR") {
        Err(unsupported(format!("uncompressed {meaning} pixels")))
    } else {
        Ok(())
    }
}

fn uncompressed(
    value: &PrimitiveValue,
    big_endian: bool,
    attributes: &Attributes,
) -> Result<Vec<u16>, Undecodable> {
    let wide = attributes.bits_allocated == 16;
    let mut words: Vec<u16> = match value {
        PrimitiveValue::U16(words) if wide => words.to_vec(),
        // 8-bit samples in 16-bit words, in the file's own order of bytes.
        PrimitiveValue::U16(words) => {
            let bytes = |word: &u16| if big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
            words.iter().flat_map(bytes).map(u16::from).collect()
        }
        PrimitiveValue::U8(bytes) if wide => {
            let word = |&pair: &[u8; 2]| {
                if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            };
            bytes.as_chunks().0.iter().map(word).collect()
        }
        PrimitiveValue::U8(bytes) => bytes.iter().map(|&byte| byte.into()).collect(),
        _ => return Err(damaged("the pixels are neither bytes nor words")),
    };
    // An odd number of bytes is padded to an even one.
    if words.len() == attributes.values() + 1 {
        words.pop();
    }
    Ok(words)
}

/// Colour planes one after the other become pixels one after the other.
fn interleave(words: Vec<u16>, attributes: &Attributes, planar: bool) -> Vec<u16> {
    let pixels = words.len() / 3;
    if !planar || attributes.samples != 3 || pixels * 3 != words.len() {
        return words;
    }
    (0..pixels).flat_map(|pixel| [0, 1, 2].map(|plane| words[plane * pixels + pixel])).collect()
}

fn check_frame(stream: &[u8], attributes: &Attributes) -> Result<(), Undecodable> {
    let frame = jpeg::frame(stream).ok_or_else(|| damaged("the fragments hold no JPEG frame"))?;
    let promised = (attributes.columns, attributes.rows, attributes.samples);
    if (frame.width, frame.height, u16::from(frame.channels)) != promised {
        return Err(damaged(format!(
            "the JPEG frame has {} × {} pixels of {} samples, the attributes promise {} × {} of {}",
            frame.width, frame.height, frame.channels, promised.0, promised.1, promised.2
        )));
    }
    Ok(())
}

fn jpeg_lossy(stream: &[u8], attributes: &Attributes, limits: &Limits) -> Result<Vec<u16>, Undecodable> {
    check_frame(stream, attributes)?;
    let decode = if attributes.samples == 1 { jpeg::decode_gray } else { jpeg::decode };
    match decode(stream, limits).map(Picture::into_samples) {
        Ok(Samples::Gray8(values) | Samples::Rgb8(values)) => Ok(values.into_iter().map(u16::from).collect()),
        Ok(_) => Err(damaged("the JPEG frame has more than 8 bits")),
        Err(Undecodable::UnsupportedVariety { what, .. }) => Err(unsupported(format!("JPEG with {what}"))),
        Err(Undecodable::Damaged { reason, .. }) => Err(damaged(reason)),
        Err(other) => Err(other),
    }
}

fn jpeg_lossless(stream: &[u8], attributes: &Attributes, limits: &Limits) -> Result<Vec<u16>, Undecodable> {
    check_frame(stream, attributes)?;
    let mut decoder = jpeg_decoder::Decoder::new(stream);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.allocation).unwrap_or(usize::MAX));
    let bytes = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::L8 | PixelFormat::RGB24) => Ok(bytes.into_iter().map(u16::from).collect()),
        Some(PixelFormat::L16) => {
            Ok(bytes.as_chunks().0.iter().map(|&pair| u16::from_ne_bytes(pair)).collect())
        }
        other => Err(unsupported(format!("lossless JPEG of {other:?}"))),
    }
}

/// RLE of DICOM PS3.5 Annex G: one PackBits segment for each byte plane, the most significant first.
fn run_length(stream: &[u8], attributes: &Attributes) -> Result<Vec<u16>, Undecodable> {
    let cut = || damaged("the run-length segments are cut off");
    let bytes_each = usize::from(attributes.bits_allocated / 8);
    let planes = usize::from(attributes.samples) * bytes_each;
    let field = |index: usize| {
        let bytes = stream.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    };
    let promised = field(0).ok_or_else(cut)?;
    if promised != planes {
        return Err(damaged(format!("{promised} run-length segments, {planes} are needed")));
    }
    let pixels = attributes.values() / usize::from(attributes.samples);
    let mut words = vec![0_u16; attributes.values()];
    for plane in 0..planes {
        let start = field(plane + 1).ok_or_else(cut)?;
        let end = if plane + 1 < planes { field(plane + 2).ok_or_else(cut)? } else { stream.len() };
        let segment = stream.get(start..end).ok_or_else(cut)?;
        let bytes = pack_bits(segment, pixels).ok_or_else(cut)?;
        let shift = 8 * (bytes_each - 1 - plane % bytes_each);
        let first = plane / bytes_each * pixels;
        for (word, byte) in words[first..first + pixels].iter_mut().zip(bytes) {
            *word |= u16::from(byte) << shift;
        }
    }
    Ok(words)
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
