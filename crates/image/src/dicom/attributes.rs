//! Reads and checks the DICOM attributes that describe the layout of pixels, before any pixel is touched.

use dicom_dictionary_std::tags;
use dicom_object::Tag;

use super::{Object, damaged, unsupported};
use crate::{ImageFormat, Limits, Undecodable};

/// Layout of the stored pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes {
    pub(super) rows: u16,
    pub(super) columns: u16,
    /// Samples a pixel: 1 or 3.
    pub(super) samples: u16,
    /// 8 or 16.
    pub(super) bits_allocated: u16,
    /// 1 to `bits_allocated`.
    pub(super) bits_stored: u16,
    /// Bits below the lowest stored one.
    pub(super) shift: u16,
    /// Two's complement.
    pub(super) signed: bool,
    /// MONOCHROME1: the least value is white.
    pub(super) inverted: bool,
    /// Colour planes one after the other.
    pub(super) planar: bool,
}

impl Attributes {
    pub(super) fn read(object: &Object, limits: &Limits) -> Result<Self, Undecodable> {
        if object.get(tags::FLOAT_PIXEL_DATA).is_some() || object.get(tags::DOUBLE_FLOAT_PIXEL_DATA).is_some()
        {
            return Err(unsupported("floating-point samples".to_owned()));
        }
        if object.get(tags::PIXEL_DATA).is_none() {
            return Err(Undecodable::NoPixels);
        }
        if let Some(frames) = number(object, tags::NUMBER_OF_FRAMES)?.filter(|&frames| frames != 1) {
            let frames =
                u64::try_from(frames).map_err(|_| damaged(format!("Number of Frames is {frames}")))?;
            return Err(match frames {
                0 => Undecodable::NoPixels,
                _ => Undecodable::SeveralFrames { format: ImageFormat::Dicom, frames: Some(frames) },
            });
        }
        let samples = small(object, tags::SAMPLES_PER_PIXEL, "Samples per Pixel")?.unwrap_or(1);
        let bits_allocated = required(object, tags::BITS_ALLOCATED, "Bits Allocated")?;
        let bits_stored = small(object, tags::BITS_STORED, "Bits Stored")?.unwrap_or(bits_allocated);
        let rows = required(object, tags::ROWS, "Rows")?;
        let columns = required(object, tags::COLUMNS, "Columns")?;
        if !matches!(bits_allocated, 8 | 16) {
            return Err(unsupported(format!("{bits_allocated} bits a sample")));
        }
        let high_bit = small(object, tags::HIGH_BIT, "High Bit")?.unwrap_or(bits_stored.saturating_sub(1));
        if bits_stored == 0
            || bits_stored > bits_allocated
            || high_bit >= bits_allocated
            || high_bit + 1 < bits_stored
        {
            return Err(damaged(format!(
                "{bits_stored} bits stored up to bit {high_bit} do not fit {bits_allocated} bits allocated"
            )));
        }
        let meaning = text(object, tags::PHOTOMETRIC_INTERPRETATION);
        check_meaning(&meaning, samples, bits_allocated)?;
        // The stored values, their reordering, and the picture made of them exist side by side for a moment.
        limits.check(columns.into(), rows.into(), samples.into(), 4)?;
        Ok(Self {
            rows,
            columns,
            samples,
            bits_allocated,
            bits_stored,
            shift: high_bit + 1 - bits_stored,
            signed: small(object, tags::PIXEL_REPRESENTATION, "Pixel Representation")? == Some(1),
            inverted: meaning == "MONOCHROME1",
            planar: small(object, tags::PLANAR_CONFIGURATION, "Planar Configuration")? == Some(1),
        })
    }

    /// Samples of the whole frame.
    pub(super) fn values(&self) -> usize {
        usize::from(self.rows) * usize::from(self.columns) * usize::from(self.samples)
    }

    /// The number that a stored code stands for.
    pub(super) fn value(&self, code: u16) -> i32 {
        let sign = 1_i32 << (self.bits_stored - 1);
        let code = i32::from(code);
        if self.signed && code >= sign { code - 2 * sign } else { code }
    }

    /// The stored bits of an allocated word.
    pub(super) fn code(&self, word: u16) -> u16 {
        (word >> self.shift) & (u16::MAX >> (16 - self.bits_stored))
    }
}

fn check_meaning(meaning: &str, samples: u16, bits_allocated: u16) -> Result<(), Undecodable> {
    match (meaning, samples) {
        ("MONOCHROME1" | "MONOCHROME2", 1) => Ok(()),
        ("RGB" | "YBR_FULL" | "YBR_FULL_422", 3) if bits_allocated == 8 => Ok(()),
        ("", _) => Err(damaged("there is no Photometric Interpretation")),
        _ => Err(unsupported(format!("{meaning} pixels of {samples} samples with {bits_allocated} bits"))),
    }
}

pub(super) fn text(object: &Object, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map_or_else(String::new, |text| text.trim_matches(['\0', ' ']).to_owned())
}

pub(super) fn number(object: &Object, tag: Tag) -> Result<Option<i64>, Undecodable> {
    let Some(element) = object.get(tag) else { return Ok(None) };
    if element.value().multiplicity() == 0 {
        return Ok(None);
    }
    element.to_int::<i64>().map(Some).map_err(|error| damaged(format!("{tag}: {error}")))
}

/// The numbers of a decimal attribute; empty if it is absent.
pub(super) fn decimals(object: &Object, tag: Tag) -> Result<Vec<f64>, Undecodable> {
    let Some(element) = object.get(tag) else { return Ok(Vec::new()) };
    let text = element.to_str().map_err(|error| damaged(format!("{tag}: {error}")))?;
    let parts = text.split('\\').map(|part| part.trim_matches(['\0', ' '])).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(damaged(format!("{tag}: {part:?} is not a number"))),
        })
        .collect()
}

fn small(object: &Object, tag: Tag, name: &str) -> Result<Option<u16>, Undecodable> {
    number(object, tag)?
        .map(|number| u16::try_from(number).map_err(|_| damaged(format!("{name} is {number}"))))
        .transpose()
}

fn required(object: &Object, tag: Tag, name: &str) -> Result<u16, Undecodable> {
    small(object, tag, name)?.ok_or_else(|| damaged(format!("there is no {name}")))
}
