//! What a collection's table says of the samples of a film, where the file itself does not say it.
//!
//! Films that were converted from DICOM to PNG lose two attributes: Bits Stored and Photometric Interpretation. Tables often keep
//! them. DICOM files state both themselves, so nothing here changes how they are decoded; nor do the bits change those of 8 bits a sample, JPEG among them.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::Picture;

/// What a table says of the samples of a film. The default says nothing.
///
/// ```
/// use radiograph_image::{Limits, Picture, Samples, Stated, decode, encode_png};
///
/// // The negative of a film, as a table with MONOCHROME1 says.
/// let stored = Picture::new(2, 1, Samples::Gray8(vec![0, 200])).expect("two pixels");
/// let png = encode_png(&stored).expect("memory");
/// let shown = Stated::default().monochrome_1().decode(&png, &Limits::default())?;
/// assert_eq!(shown.samples(), &Samples::Gray8(vec![255, 55]));
/// # Ok::<(), radiograph_image::Undecodable>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Stated {
    bits: Option<u8>,
    is_monochrome_1: bool,
}

impl Stated {
    /// Greatest number of bits of a sample.
    pub const BITS: u8 = 16;

    /// The film has this many bits a sample, the lowest ones; `None` unless there are 1 to 16.
    ///
    /// Samples of 16 bits are then stretched from 0 to the greatest value of that many bits, if (almost) all of them are within
    /// it. It counts for more than what the file states (PNG `sBIT`, TIFF `MaxSampleValue`).
    #[must_use]
    pub fn with_bits(self, bits: u8) -> Option<Self> {
        (1..=Self::BITS).contains(&bits).then_some(Self { bits: Some(bits), ..self })
    }

    /// The least sample is white (Photometric Interpretation MONOCHROME1), so the picture is inverted.
    #[must_use]
    pub fn monochrome_1(self) -> Self {
        Self { is_monochrome_1: true, ..self }
    }

    /// Number of bits a sample.
    pub fn bits(&self) -> Option<u8> {
        self.bits
    }

    /// Whether the least sample is white.
    pub fn is_monochrome_1(&self) -> bool {
        self.is_monochrome_1
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The range that samples of 16 bits have, black and white.
    pub(crate) fn range(&self) -> Option<(u16, u16)> {
        self.bits.map(|bits| (0, u16::MAX >> (Self::BITS - bits)))
    }

    /// Applies the inversion.
    pub(crate) fn shown(&self, picture: Picture) -> Picture {
        if self.is_monochrome_1 { picture.negative() } else { picture }
    }
}

impl fmt::Display for Stated {
    /// Writes `12 bits`, `MONOCHROME1`, both, or nothing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bits) = self.bits {
            write!(formatter, "{bits} bits")?;
        }
        if self.is_monochrome_1 {
            formatter.write_str(if self.bits.is_some() { " " } else { "" })?;
            formatter.write_str("MONOCHROME1")?;
        }
        Ok(())
    }
}

impl FromStr for Stated {
    type Err = NotStated;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, NotStated> {
        let wrong = || NotStated { text: text.to_owned() };
        let (bits, rest) = match text.split_once(" bits") {
            Some((bits, rest)) => (Some(bits.parse().map_err(|_| wrong())?), rest.trim_start()),
            None => (None, text),
        };
        let stated = match bits {
            Some(bits) => Self::default().with_bits(bits).ok_or_else(wrong)?,
            None => Self::default(),
        };
        match rest {
            "" => Ok(stated),
            "MONOCHROME1" => Ok(stated.monochrome_1()),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Stated {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that [`Stated`] does not write.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} says nothing of samples; write 12 bits, MONOCHROME1, or both with a blank between them")]
pub struct NotStated {
    /// The text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_written() {
        let twelve = Stated::default().with_bits(12).unwrap();
        for (stated, text) in [
            (Stated::default(), ""),
            (twelve, "12 bits"),
            (Stated::default().monochrome_1(), "MONOCHROME1"),
            (twelve.monochrome_1(), "12 bits MONOCHROME1"),
        ] {
            assert_eq!(stated.to_string(), text);
            assert_eq!(text.parse(), Ok(stated));
            assert_eq!(stated.is_empty(), text.is_empty());
        }
        for wrong in ["12", "0 bits", "17 bits", "x bits", "MONOCHROME2", "12 bits inverted"] {
            assert!(wrong.parse::<Stated>().is_err(), "{wrong}");
        }
        assert_eq!(twelve.range(), Some((0, 4095)));
        assert_eq!(Stated::default().with_bits(16).unwrap().range(), Some((0, 65_535)));
    }
}
