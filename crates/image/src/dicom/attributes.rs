//! Reads and checks the DICOM attributes that describe the layout of pixels, before any pixel is touched.

use super::{
    damaged,
    data_set::DataSet,
    tags::{self, Tag},
    unsupported,
};
use crate::{ImageFormat, Limits, Note, Undecodable};

/// Layout of the stored pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes {
    pub(super) rows: u16,
    pub(super) columns: u16,
    /// Samples a pixel: 1 or 3.
    pub(super) samples: u16,
    /// 1, 8, 16 or 32.
    pub(super) bits_allocated: u16,
    /// 1 to `bits_allocated`.
    pub(super) bits_stored: u16,
    /// Bits below the lowest stored one.
    pub(super) shift: u16,
    /// Two's complement.
    pub(super) signed: bool,
    pub(super) meaning: Meaning,
    /// Colour planes one after the other.
    pub(super) planar: bool,
    /// Number of frames, at least 1.
    pub(super) frames: u32,
}

/// What samples mean (Photometric Interpretation).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Meaning {
    /// Gray; the least value is white.
    Monochrome1,
    /// Gray; the least value is black.
    Monochrome2,
    /// Index into three tables.
    Palette,
    Rgb,
    /// Luma and chroma of JFIF.
    YbrFull,
    /// As [`Self::YbrFull`], with one pair of chroma for two pixels where nothing compresses them.
    YbrFull422,
    /// Converted to RGB by the decoder of JPEG 2000.
    YbrOfJpeg2000,
}

impl Attributes {
    pub(super) fn read(
        set: &DataSet<'_>,
        limits: &Limits,
        notes: &mut Vec<Note>,
    ) -> Result<Self, Undecodable> {
        if set.get(tags::PIXEL_DATA).is_none() {
            return Err(match () {
                () if set.get(tags::FLOAT_PIXEL_DATA).is_some() => {
                    unsupported("floating-point samples".to_owned())
                }
                () if set.get(tags::DOUBLE_FLOAT_PIXEL_DATA).is_some() => {
                    unsupported("floating-point samples".to_owned())
                }
                () if set.cut => damaged("the file is cut off before its pixels"),
                () => Undecodable::NoPixels,
            });
        }
        let samples = small(set, tags::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        let bits_allocated = required(set, tags::BITS_ALLOCATED)?;
        let bits_stored = small(set, tags::BITS_STORED)?.unwrap_or(bits_allocated);
        let rows = required(set, tags::ROWS)?;
        let columns = required(set, tags::COLUMNS)?;
        if !matches!(bits_allocated, 1 | 8 | 16 | 32) {
            return Err(unsupported(format!("{bits_allocated} bits a sample")));
        }
        let high_bit = small(set, tags::HIGH_BIT)?.unwrap_or(bits_stored.saturating_sub(1));
        if bits_stored == 0
            || bits_stored > bits_allocated
            || high_bit >= bits_allocated
            || high_bit + 1 < bits_stored
        {
            return Err(damaged(format!(
                "{bits_stored} bits stored up to bit {high_bit} do not fit {bits_allocated} bits allocated"
            )));
        }
        // The stored values, their reordering, and the picture made of them exist side by side for a moment.
        let held = if bits_allocated == 32 { 10 } else { 4 };
        limits.check(columns.into(), rows.into(), samples.into(), held)?;
        Ok(Self {
            rows,
            columns,
            samples,
            bits_allocated,
            bits_stored,
            shift: high_bit + 1 - bits_stored,
            signed: small(set, tags::PIXEL_REPRESENTATION)? == Some(1),
            meaning: Meaning::read(&set.code(tags::PHOTOMETRIC_INTERPRETATION), samples, bits_allocated)?,
            planar: small(set, tags::PLANAR_CONFIGURATION)? == Some(1),
            frames: frames(set, notes),
        })
    }

    /// Pixels of a frame.
    pub(super) fn pixels(&self) -> usize {
        usize::from(self.rows) * usize::from(self.columns)
    }

    /// Samples of a frame.
    pub(super) fn values(&self) -> usize {
        self.pixels() * usize::from(self.samples)
    }

    /// The number that a stored code stands for.
    pub(super) fn value(&self, code: u32) -> i64 {
        let sign = 1_i64 << (self.bits_stored - 1);
        let code = i64::from(code);
        if self.signed && code >= sign { code - 2 * sign } else { code }
    }

    /// The stored bits of an allocated word.
    pub(super) fn code(&self, word: u32) -> u32 {
        (word >> self.shift) & (u32::MAX >> (32 - self.bits_stored))
    }

    /// The least and the greatest number that a code can stand for.
    pub(super) fn range(&self) -> (i64, i64) {
        let span = 1_i64 << self.bits_stored;
        if self.signed { (-span / 2, span / 2 - 1) } else { (0, span - 1) }
    }

    /// Refuses a frame that the file does not have, and, where none was asked for, a file that has several.
    pub(super) fn frame(&self, asked: Option<u32>) -> Result<u32, Undecodable> {
        match asked {
            None if self.frames > 1 => Err(Undecodable::SeveralFrames {
                format: ImageFormat::Dicom,
                frames: Some(self.frames.into()),
            }),
            Some(frame) if frame >= self.frames => {
                Err(Undecodable::NoSuchFrame { frame, frames: self.frames })
            }
            asked => Ok(asked.unwrap_or(0)),
        }
    }
}

impl Meaning {
    fn read(name: &str, samples: u16, bits_allocated: u16) -> Result<Self, Undecodable> {
        let meaning = match name {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::Palette,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_ICT" | "YBR_RCT" => Self::YbrOfJpeg2000,
            "" => return Err(damaged("there is no Photometric Interpretation")),
            _ => {
                let name: String = name.chars().take(20).collect();
                return Err(unsupported(format!("{name} pixels")));
            }
        };
        let (needed, bits_fit) = match meaning {
            Self::Monochrome1 | Self::Monochrome2 => (1, true),
            Self::Palette => (1, matches!(bits_allocated, 8 | 16)),
            Self::Rgb => (3, bits_allocated >= 8),
            _ => (3, bits_allocated == 8),
        };
        if samples != needed || !bits_fit {
            return Err(unsupported(format!(
                "{name} pixels of {samples} samples with {bits_allocated} bits"
            )));
        }
        Ok(meaning)
    }
}

/// The number of frames. Zero and what is no number count as one, as pydicom takes them.
fn frames(set: &DataSet<'_>, notes: &mut Vec<Note>) -> u32 {
    let Some(number) = set.decimals(tags::NUMBER_OF_FRAMES, notes).first().copied().flatten() else {
        return 1;
    };
    if number >= 1.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0 {
        return number as u32;
    }
    notes.push(Note::unusable(tags::NUMBER_OF_FRAMES, &number.to_string()));
    1
}

fn small(set: &DataSet<'_>, tag: Tag) -> Result<Option<u16>, Undecodable> {
    set.whole_number(tag)?
        .map(|number| u16::try_from(number).map_err(|_| damaged(format!("{tag} is {number}"))))
        .transpose()
}

fn required(set: &DataSet<'_>, tag: Tag) -> Result<u16, Undecodable> {
    small(set, tag)?.ok_or_else(|| damaged(format!("there is no {tag}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_quotes_no_more_than_the_beginning_of_a_value() {
        let error = Meaning::read(&"X".repeat(60_000), 1, 16).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(&format!("{} pixels", "X".repeat(20))) && told.len() < 200, "{told}");
    }
}
