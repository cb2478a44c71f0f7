//! Decodes the stored pixels of one DICOM frame to codes, whatever compresses them.
//!
//! The stream itself says how it is coded; the transfer syntax is only held against it. A stream that disagrees with the
//! attributes about sizes is refused.

use super::{
    attributes::{Attributes, Meaning},
    damaged,
    data_set::{DataSet, Element, Value},
    file::inflate,
    fragments, run_length, tags,
    transfer_syntax::Coding,
    unsupported,
    words::Words,
};
use crate::{Limits, Note, Undecodable, codec, jpeg};

/// The codes of a frame, `[H, W]` or `[H, W, 3]`.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) words: Words,
    /// What the samples mean; streams know better than attributes.
    pub(super) meaning: Meaning,
}

impl Stored {
    pub(super) fn decode(
        set: &DataSet<'_>,
        coding: Coding,
        attributes: &Attributes,
        frame: u32,
        limits: &Limits,
        notes: &mut Vec<Note>,
    ) -> Result<Self, Undecodable> {
        let element = set.get(tags::PIXEL_DATA).ok_or(Undecodable::NoPixels)?;
        let mut stored = match (&element.value, coding) {
            (_, Coding::Refused(what)) => return Err(unsupported(what.to_owned())),
            (Value::Bytes(bytes), Coding::Uncompressed { .. } | Coding::DeflatedDataSet) => {
                uncompressed(Native::of(element, bytes), attributes, frame, notes)?
            }
            (Value::Bytes(_), _) => {
                return Err(damaged("pixels without fragments, though the transfer syntax compresses them"));
            }
            (Value::Fragments(pieces), coding) => {
                let stream = fragments::frame(pieces, frame, attributes.frames)?;
                let one = Attributes { frames: 1, ..*attributes };
                let native = |bytes| Native { bytes, big_endian: false, swapped: false };
                match coding {
                    Coding::Encapsulated => uncompressed(native(&stream), &one, 0, notes)?,
                    Coding::DeflatedFrames => {
                        let inflated = inflate(&stream, limits.allocation)?;
                        uncompressed(native(&inflated), &one, 0, notes)?
                    }
                    Coding::RunLength => {
                        let words = run_length::decode(&stream, attributes)?;
                        Self { words, meaning: attributes.meaning }.interleaved(attributes.samples)
                    }
                    _ => {
                        let stored = compressed(&stream, attributes, limits)?;
                        if !matches!(coding, Coding::Frames) {
                            notes.push(Note::OtherCoding { found: "compressed" });
                        }
                        stored
                    }
                }
            }
            (Value::Items(_), _) => return Err(damaged("a sequence in the place of pixels")),
        };
        if stored.words.len() != attributes.values() {
            return Err(damaged(format!(
                "{} samples are stored, {} promised",
                stored.words.len(),
                attributes.values()
            )));
        }
        stored.mask(attributes, notes);
        Ok(stored)
    }

    /// Colour planes one after the other become pixels one after the other.
    fn interleaved(self, samples: u16) -> Self {
        fn interleave<T: Copy>(words: &[T]) -> Vec<T> {
            let pixels = words.len() / 3;
            (0..pixels).flat_map(|pixel| [0, 1, 2].map(|plane| words[plane * pixels + pixel])).collect()
        }
        if samples != 3 {
            return self;
        }
        let words = match self.words {
            Words::Narrow(words) => Words::Narrow(interleave(&words)),
            Words::Wide(words) => Words::Wide(interleave(&words)),
        };
        Self { words, ..self }
    }

    /// Leaves the stored bits alone.
    fn mask(&mut self, attributes: &Attributes, notes: &mut Vec<Note>) {
        let mut layout = *attributes;
        if layout.shift > 0 && self.words.fit(layout.bits_stored) {
            // The values lie at the bottom, whatever is said: a shift would throw their lower bits away.
            notes.push(Note::unusable(tags::HIGH_BIT, &(layout.shift + layout.bits_stored - 1).to_string()));
            layout.shift = 0;
        }
        match &mut self.words {
            Words::Narrow(words) => {
                for word in words {
                    *word = layout.code((*word).into()) as u16;
                }
            }
            Words::Wide(words) => {
                for word in words {
                    *word = layout.code(*word);
                }
            }
        }
    }
}

/// Uncompressed bytes.
#[derive(Clone, Copy)]
struct Native<'b> {
    bytes: &'b [u8],
    big_endian: bool,
    /// 8-bit samples lie in words whose bytes are exchanged.
    swapped: bool,
}

impl<'b> Native<'b> {
    fn of(element: &Element<'_>, bytes: &'b [u8]) -> Self {
        Self { bytes, big_endian: element.big_endian, swapped: element.big_endian && element.kind == *b"OW" }
    }
}

fn uncompressed(
    native: Native<'_>,
    attributes: &Attributes,
    frame: u32,
    notes: &mut Vec<Note>,
) -> Result<Stored, Undecodable> {
    let Native { bytes, big_endian, swapped } = native;
    let frames = u64::from(attributes.frames);
    let values = attributes.values() as u64;
    let needed = |bits_a_frame: u64| frames.saturating_mul(bits_a_frame).div_ceil(8);
    let mut meaning = attributes.meaning;
    // One pair of chroma for two pixels: two bytes a pixel. Some writers say so and store all three.
    if meaning == Meaning::YbrFull422 && bytes.len() as u64 >= needed(values * 8) {
        meaning = Meaning::YbrFull;
    }
    let bits_a_frame = match meaning {
        Meaning::YbrFull422 => attributes.rows as u64 * u64::from(attributes.columns.div_ceil(2)) * 32,
        Meaning::YbrOfJpeg2000 => {
            return Err(unsupported("uncompressed pixels of JPEG 2000's colours".to_owned()));
        }
        _ => values * u64::from(attributes.bits_allocated),
    };
    let needed = needed(bits_a_frame);
    let found = bytes.len() as u64;
    if found < needed {
        return Err(damaged(format!("the pixels are cut off: {needed} bytes are needed, {found} are left")));
    }
    // An odd number of bytes is padded to an even one.
    if found > needed + needed % 2 {
        notes.push(Note::ExcessPixels { bytes: found - needed });
    }
    let first_bit = u64::from(frame) * bits_a_frame;
    let at = (first_bit / 8) as usize;
    let size = bits_a_frame.div_ceil(8) as usize;
    let byte = |number: usize| bytes.get(if swapped { number ^ 1 } else { number }).copied().unwrap_or(0);
    let words = match attributes.bits_allocated {
        1 => {
            let bit = |number: u64| u16::from(byte((number / 8) as usize) >> (number % 8) & 1);
            Words::Narrow((first_bit..first_bit + bits_a_frame).map(bit).collect())
        }
        8 if meaning == Meaning::YbrFull422 => {
            let bytes: Vec<u8> = (at..at + size).map(byte).collect();
            Words::Narrow(upsampled(&bytes, attributes))
        }
        8 => Words::Narrow((at..at + size).map(|number| byte(number).into()).collect()),
        16 => {
            let word = |&pair: &[u8; 2]| {
                if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            };
            Words::Narrow(bytes[at..at + size].as_chunks().0.iter().map(word).collect())
        }
        _ => {
            let word = |&four: &[u8; 4]| {
                if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
            };
            Words::Wide(bytes[at..at + size].as_chunks().0.iter().map(word).collect())
        }
    };
    let planar = attributes.planar && meaning != Meaning::YbrFull422;
    let stored =
        Stored { words, meaning: if meaning == Meaning::YbrFull422 { Meaning::YbrFull } else { meaning } };
    Ok(if planar { stored.interleaved(attributes.samples) } else { stored })
}

/// Two lumas and one pair of chroma become two pixels of three samples.
fn upsampled(bytes: &[u8], attributes: &Attributes) -> Vec<u16> {
    let columns = usize::from(attributes.columns);
    let rows = bytes.chunks_exact(columns.div_ceil(2) * 4);
    rows.flat_map(|row| {
        let pixels = row
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[first, second, blue, red]| [first, blue, red, second, blue, red].map(u16::from));
        pixels.take(columns * 3)
    })
    .collect()
}

/// What a compressed stream holds: interleaved samples.
fn compressed(stream: &[u8], attributes: &Attributes, limits: &Limits) -> Result<Stored, Undecodable> {
    let promised =
        codec::Size { width: attributes.columns, height: attributes.rows, samples: attributes.samples };
    let meaning = attributes.meaning;
    let in_dicom = |fault: codec::Fault| match fault {
        codec::Fault::Damaged(reason) => damaged(reason),
        codec::Fault::Unsupported(what) => unsupported(what),
    };
    let words = |samples: Vec<u16>, meaning| Stored { words: Words::Narrow(samples), meaning };
    if attributes.bits_allocated == 32 {
        return Err(unsupported("compressed samples of 32 bits".to_owned()));
    }
    if stream.starts_with(b"\xFF\xD8") {
        let frame = jpeg::frame(stream).ok_or_else(|| damaged("the fragments hold no JPEG frame"))?;
        promised.check(frame.size()).map_err(in_dicom)?;
        let meaning = colours(meaning, &frame);
        let samples = match (frame.coding, frame.precision) {
            (0xC0..=0xC2, 8) => {
                let values = jpeg::components(stream, limits).map_err(jpeg_in_dicom)?;
                values.into_iter().map(u16::from).collect()
            }
            (0xC0 | 0xC1, 12) => codec::extended::decode(stream).map_err(in_dicom)?,
            (0xC3, _) => codec::lossless::decode(stream).map_err(in_dicom)?,
            (0xF7, _) => codec::jpeg_ls::decode(stream).map_err(in_dicom)?,
            _ => return Err(jpeg_in_dicom(frame.refusal())),
        };
        return Ok(words(samples, meaning));
    }
    if codec::jpeg2000::is(stream) {
        let (width, height) = (promised.width.into(), promised.height.into());
        limits.check(width, height, promised.samples.into(), codec::jpeg2000::BYTES_HELD)?;
        let samples = codec::jpeg2000::decode(stream, promised).map_err(in_dicom)?;
        let meaning = if meaning == Meaning::YbrOfJpeg2000 { Meaning::Rgb } else { meaning };
        return Ok(words(samples, meaning));
    }
    if stream.starts_with(b"\xFF\x0A") || stream.starts_with(b"\0\0\0\x0CJXL ") {
        return Err(unsupported("JPEG XL pixels".to_owned()));
    }
    Err(damaged("the fragments hold no JPEG frame, nor one of JPEG-LS or JPEG 2000"))
}

/// The meaning of JPEG samples: component names and a JFIF segment count for more than the attribute.
fn colours(meaning: Meaning, frame: &jpeg::Frame) -> Meaning {
    match meaning {
        Meaning::YbrFull | Meaning::YbrFull422 if frame.is_named_rgb() => Meaning::Rgb,
        Meaning::Rgb if frame.jfif && !frame.is_named_rgb() => Meaning::YbrFull,
        Meaning::YbrFull422 | Meaning::YbrOfJpeg2000 => Meaning::YbrFull,
        other => other,
    }
}

fn jpeg_in_dicom(error: Undecodable) -> Undecodable {
    match error {
        Undecodable::UnsupportedVariety { what, .. } => unsupported(format!("JPEG with {what}")),
        Undecodable::Damaged { reason, .. } => damaged(reason),
        other => other,
    }
}
