//! Turns stored gray values into what a viewer shows: modality LUT, then window, then inversion.

use std::ops::RangeInclusive;

use dicom_dictionary_std::tags;

use super::{
    Attributes, Object,
    attributes::{decimals, number, text},
    damaged,
    table::LookUpTable,
};
use crate::{Samples, Undecodable};

/// The steps between the stored values of one file and gray.
#[derive(Debug)]
pub(super) struct Presentation {
    attributes: Attributes,
    modality: Modality,
    values_of_interest: ValuesOfInterest,
    /// Stored values that stand for no tissue; shown black.
    padding: Option<RangeInclusive<i32>>,
}

/// Stored values → what the device measured.
#[derive(Debug)]
enum Modality {
    Linear { slope: f64, intercept: f64 },
    Table(LookUpTable),
}

/// Measured values → 0 (black) to 1 (white).
#[derive(Debug)]
enum ValuesOfInterest {
    Window {
        centre: f64,
        width: f64,
        function: WindowFunction,
    },
    Table(LookUpTable),
    /// The file gives neither: the range of the values that occur.
    Range,
}

/// PS3.3 C.11.2.1.2 and C.11.2.1.3.
#[derive(Clone, Copy, Debug)]
enum WindowFunction {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Presentation {
    pub(super) fn read(object: &Object, attributes: &Attributes) -> Result<Self, Undecodable> {
        let modality = match LookUpTable::read(object, tags::MODALITY_LUT_SEQUENCE, attributes)? {
            Some(table) => Modality::Table(table),
            None => Modality::Linear {
                slope: decimals(object, tags::RESCALE_SLOPE)?.first().copied().unwrap_or(1.0),
                intercept: decimals(object, tags::RESCALE_INTERCEPT)?.first().copied().unwrap_or(0.0),
            },
        };
        let values_of_interest = match LookUpTable::read(object, tags::VOILUT_SEQUENCE, attributes)? {
            Some(table) => ValuesOfInterest::Table(table),
            None => ValuesOfInterest::window(object)?.unwrap_or(ValuesOfInterest::Range),
        };
        let padding = number(object, tags::PIXEL_PADDING_VALUE)?.map(|first| {
            let last = number(object, tags::PIXEL_PADDING_RANGE_LIMIT)?.unwrap_or(first);
            let value =
                |stored: i64| i32::try_from(stored).map_err(|_| damaged("a padding value beyond 32 bits"));
            Ok(value(first.min(last))?..=value(first.max(last))?)
        });
        Ok(Self { attributes: *attributes, modality, values_of_interest, padding: padding.transpose()? })
    }

    /// Shows every stored code; 8 bits if at most 8 are stored, else 16.
    pub(super) fn apply(&self, codes: Vec<u16>) -> Samples {
        let mut present = vec![false; 1 << self.attributes.bits_stored];
        for &code in &codes {
            present[usize::from(code)] = true;
        }
        let measured: Vec<f64> = (0..present.len()).map(|code| self.measure(self.stored(code))).collect();
        let occurring =
            || (0..present.len()).filter(|&code| present[code] && !self.is_padding(self.stored(code)));
        let least = occurring().map(|code| measured[code]).fold(f64::INFINITY, f64::min);
        let greatest = occurring().map(|code| measured[code]).fold(f64::NEG_INFINITY, f64::max);

        let full = if self.attributes.bits_stored <= 8 { 255.0 } else { 65_535.0 };
        let shown = |code: usize| {
            if self.is_padding(self.stored(code)) {
                return 0;
            }
            let white = (self.values_of_interest.show(measured[code], least, greatest) * full).round() as u16;
            if self.attributes.inverted { full as u16 - white } else { white }
        };
        let table: Vec<u16> = (0..present.len()).map(shown).collect();
        let gray = codes.into_iter().map(|code| table[usize::from(code)]);
        if full < 256.0 {
            Samples::Gray8(gray.map(|value| value as u8).collect())
        } else {
            Samples::Gray16(gray.collect())
        }
    }

    fn stored(&self, code: usize) -> i32 {
        self.attributes.value(code as u16) // codes have at most 16 bits
    }

    fn measure(&self, stored: i32) -> f64 {
        match &self.modality {
            Modality::Linear { slope, intercept } => f64::from(stored) * slope + intercept,
            Modality::Table(table) => table.look_up(f64::from(stored)),
        }
    }

    fn is_padding(&self, stored: i32) -> bool {
        self.padding.as_ref().is_some_and(|padding| padding.contains(&stored))
    }
}

impl ValuesOfInterest {
    /// The first window of the file. One that the standard forbids (of no width) counts as absent.
    fn window(object: &Object) -> Result<Option<Self>, Undecodable> {
        let centres = decimals(object, tags::WINDOW_CENTER)?;
        let widths = decimals(object, tags::WINDOW_WIDTH)?;
        let (Some(&centre), Some(&width)) = (centres.first(), widths.first()) else { return Ok(None) };
        let name = text(object, tags::VOILUT_FUNCTION);
        let (function, least) = match name.as_str() {
            "" | "LINEAR" => (WindowFunction::Linear, 1.0),
            "LINEAR_EXACT" => (WindowFunction::LinearExact, f64::MIN_POSITIVE),
            "SIGMOID" => (WindowFunction::Sigmoid, f64::MIN_POSITIVE),
            _ => return Err(super::unsupported(format!("a window of function {name:?}"))),
        };
        Ok((width >= least).then_some(Self::Window { centre, width, function }))
    }

    fn show(&self, value: f64, least: f64, greatest: f64) -> f64 {
        match self {
            Self::Window { centre, width, function } => function.show(value, *centre, *width),
            // Entries may lie about their bits.
            Self::Table(table) => (table.look_up(value) / table.maximum()).min(1.0),
            Self::Range if greatest > least => ((value - least) / (greatest - least)).clamp(0.0, 1.0),
            Self::Range => 0.0, // an image of one value shows nothing
        }
    }
}

impl WindowFunction {
    fn show(self, value: f64, centre: f64, width: f64) -> f64 {
        match self {
            Self::Linear if width == 1.0 => f64::from(value > centre - 0.5),
            Self::Linear => ((value - (centre - 0.5)) / (width - 1.0) + 0.5).clamp(0.0, 1.0),
            Self::LinearExact => ((value - centre) / width + 0.5).clamp(0.0, 1.0),
            Self::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - centre) / width).exp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_the_standard() {
        // PS3.3 C.11.2.1.2.1: centre 2048, width 4096 maps 0 to 0 and 4095 to the maximum; width 1 is a threshold.
        let linear = |value| WindowFunction::Linear.show(value, 2048.0, 4096.0);
        assert_eq!((linear(0.0), linear(4095.0)), (0.0, 1.0));
        assert_eq!(WindowFunction::Linear.show(0.0, 1.0, 1.0), 0.0);
        assert_eq!(WindowFunction::Linear.show(1.0, 1.0, 1.0), 1.0);
        // C.11.2.1.3.2: LINEAR_EXACT with the same numbers maps 0 to 0 and 4096 to the maximum.
        let exact = |value| WindowFunction::LinearExact.show(value, 2048.0, 4096.0);
        assert_eq!((exact(0.0), exact(2048.0), exact(4096.0)), (0.0, 0.5, 1.0));
        assert_eq!(WindowFunction::Sigmoid.show(7.0, 7.0, 3.0), 0.5);
    }
}
