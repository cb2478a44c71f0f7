//! Turns stored gray values into what a viewer shows: modality LUT, VOI LUT or window, presentation LUT, inversion.
//!
//! All of these attributes are optional, and devices write them wrong. One that cannot be used is noted, and the next
//! defined path takes its place: modality LUT, rescale, values as stored; VOI LUT, window, range of the values. What the
//! functional groups of an enhanced object say of a frame counts for more than what its data set says of all.

use std::ops::RangeInclusive;

use super::{
    attributes::{Attributes, Meaning},
    data_set::DataSet,
    table::LookUpTable,
    tags,
    words::Words,
};
use crate::{Note, Samples, tone::robust_range};

/// The steps between the stored values of one file and gray.
#[derive(Debug)]
pub(super) struct Presentation {
    attributes: Attributes,
    modality: Modality,
    values_of_interest: ValuesOfInterest,
    /// Presentation LUT, 0 to 1 → 0 to 1.
    presentation: Option<LookUpTable>,
    /// The least value is white.
    inverted: bool,
    /// Stored values that stand for no tissue; shown black.
    padding: Option<RangeInclusive<i64>>,
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
    /// The file gives neither: the range of the values that occur, without the outermost thousandths.
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
    pub(super) fn read(
        set: &DataSet<'_>,
        attributes: &Attributes,
        frame: u32,
        notes: &mut Vec<Note>,
    ) -> Self {
        let group = set.group_of(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        let modality = Modality::read(group.unwrap_or(set), attributes, notes);
        let measured = modality.range(attributes);
        let of_group = set
            .group_of(frame, tags::FRAME_VOI_LUT_SEQUENCE)
            .and_then(|group| ValuesOfInterest::read(group, measured, notes));
        let values_of_interest = of_group
            .or_else(|| ValuesOfInterest::read(set, measured, notes))
            .unwrap_or(ValuesOfInterest::Range);
        // Where both are said, they say the same (PS3.3 C.8.11.3.1.1): a film is inverted once.
        let inverted =
            attributes.meaning == Meaning::Monochrome1 || set.code(tags::PRESENTATION_LUT_SHAPE) == "INVERSE";
        Self {
            attributes: *attributes,
            modality,
            values_of_interest,
            presentation: presentation(set, notes),
            inverted,
            padding: padding(set, attributes),
        }
    }

    /// Shows every stored code; 8 bits if at most 8 are stored, else 16.
    pub(super) fn apply(&self, codes: &Words) -> Samples {
        match codes {
            Words::Narrow(codes) => {
                let mut counts = vec![0_u64; 1 << self.attributes.bits_stored];
                for &code in codes {
                    counts[usize::from(code)] += 1;
                }
                let range = self.range(|| {
                    let present = (0..).zip(&counts).filter(|(_, count)| **count > 0);
                    present.map(|(code, &count)| (code, count)).collect()
                });
                // As many steps as there are codes, and not as many as there are pixels.
                let table: Vec<u16> = (0..).zip(&counts).map(|(code, _)| self.shown(code, range)).collect();
                self.samples(codes.iter().map(|&code| table[usize::from(code)]))
            }
            Words::Wide(codes) => {
                let range = self.range(|| {
                    let mut sorted = codes.clone();
                    sorted.sort_unstable();
                    sorted
                        .chunk_by(|one, other| one == other)
                        .map(|same| (same[0], same.len() as u64))
                        .collect()
                });
                self.samples(codes.iter().map(|&code| self.shown(code, range)))
            }
        }
    }

    fn samples(&self, gray: impl Iterator<Item = u16>) -> Samples {
        if self.white() < 256.0 {
            Samples::Gray8(gray.map(|value| value as u8).collect())
        } else {
            Samples::Gray16(gray.collect())
        }
    }

    fn white(&self) -> f64 {
        if self.attributes.bits_stored <= 8 { 255.0 } else { 65_535.0 }
    }

    /// The range to show, if the file states none; `present` gives the codes that occur, each with its number.
    fn range(&self, present: impl FnOnce() -> Vec<(u32, u64)>) -> (f64, f64) {
        if !matches!(self.values_of_interest, ValuesOfInterest::Range) {
            return (0.0, 0.0);
        }
        let tissue = present().into_iter().map(|(code, count)| (self.attributes.value(code), count));
        let tissue = tissue.filter(|(stored, _)| !self.is_padding(*stored));
        let mut measured: Vec<(f64, u64)> =
            tissue.map(|(stored, count)| (self.modality.measure(stored), count)).collect();
        measured.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        robust_range(&measured).unwrap_or((0.0, 0.0))
    }

    fn shown(&self, code: u32, range: (f64, f64)) -> u16 {
        let stored = self.attributes.value(code);
        if self.is_padding(stored) {
            return 0;
        }
        let white = self.white();
        let shown = self.values_of_interest.show(self.modality.measure(stored), range);
        let shown = self.presentation.as_ref().map_or(shown, |table| table.map(shown));
        let shown = (shown * white).round() as u16;
        if self.inverted { white as u16 - shown } else { shown }
    }

    fn is_padding(&self, stored: i64) -> bool {
        self.padding.as_ref().is_some_and(|padding| padding.contains(&stored))
    }
}

/// The values of Pixel Padding Value and Pixel Padding Range Limit, in the sign of the pixels whatever their type says.
fn padding(set: &DataSet<'_>, attributes: &Attributes) -> Option<RangeInclusive<i64>> {
    let value = |tag| {
        let word = u32::from(*set.get(tag)?.words().first()?);
        let allocated = attributes.bits_allocated.min(16);
        let whole = Attributes { bits_stored: allocated, shift: 0, ..*attributes };
        Some(whole.value(whole.code(word)))
    };
    let first = value(tags::PIXEL_PADDING_VALUE)?;
    let last = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(first);
    Some(first.min(last)..=first.max(last))
}

/// The Presentation LUT Sequence (PS3.3 C.11.4), whose input is the output of the window, whatever its first value says.
fn presentation(set: &DataSet<'_>, notes: &mut Vec<Note>) -> Option<LookUpTable> {
    match LookUpTable::read(set, tags::PRESENTATION_LUT_SEQUENCE, (0.0, 65_535.0))? {
        Ok(table) => Some(table),
        Err(why) => {
            notes.push(Note::unusable(tags::PRESENTATION_LUT_SEQUENCE, why));
            None
        }
    }
}

impl Modality {
    fn read(set: &DataSet<'_>, attributes: &Attributes, notes: &mut Vec<Note>) -> Self {
        let (least, greatest) = attributes.range();
        match LookUpTable::read(set, tags::MODALITY_LUT_SEQUENCE, (least as f64, greatest as f64)) {
            Some(Ok(table)) => return Self::Table(table),
            Some(Err(why)) => notes.push(Note::unusable(tags::MODALITY_LUT_SEQUENCE, why)),
            None => {}
        }
        let mut first = |tag| set.decimals(tag, notes).first().copied().flatten();
        let (slope, intercept) = (first(tags::RESCALE_SLOPE), first(tags::RESCALE_INTERCEPT));
        if slope == Some(0.0) {
            notes.push(Note::unusable(tags::RESCALE_SLOPE, "0"));
        }
        let slope = slope.filter(|&slope| slope != 0.0);
        Self::Linear { slope: slope.unwrap_or(1.0), intercept: intercept.unwrap_or(0.0) }
    }

    fn measure(&self, stored: i64) -> f64 {
        match self {
            Self::Linear { slope, intercept } => stored as f64 * slope + intercept,
            Self::Table(table) => table.look_up(stored as f64),
        }
    }

    /// The least and the greatest value that can be measured.
    fn range(&self, attributes: &Attributes) -> (f64, f64) {
        match self {
            Self::Linear { .. } => {
                let (least, greatest) = attributes.range();
                let (one, other) = (self.measure(least), self.measure(greatest));
                (one.min(other), one.max(other))
            }
            Self::Table(table) => table.range(),
        }
    }
}

impl ValuesOfInterest {
    /// What a data set or a functional group says; `None` if nothing that can be used.
    fn read(set: &DataSet<'_>, measured: (f64, f64), notes: &mut Vec<Note>) -> Option<Self> {
        match LookUpTable::read(set, tags::VOI_LUT_SEQUENCE, measured) {
            Some(Ok(table)) => return Some(Self::Table(table)),
            Some(Err(why)) => notes.push(Note::unusable(tags::VOI_LUT_SEQUENCE, why)),
            None => {}
        }
        Self::window(set, notes)
    }

    /// The first window of the file that can be used. The standard forbids those without width.
    fn window(set: &DataSet<'_>, notes: &mut Vec<Note>) -> Option<Self> {
        let centres = set.decimals(tags::WINDOW_CENTER, notes);
        let widths = set.decimals(tags::WINDOW_WIDTH, notes);
        let (function, least) = match set.code(tags::VOI_LUT_FUNCTION).as_str() {
            "LINEAR_EXACT" => (WindowFunction::LinearExact, f64::MIN_POSITIVE),
            "SIGMOID" => (WindowFunction::Sigmoid, f64::MIN_POSITIVE),
            "" | "LINEAR" => (WindowFunction::Linear, 1.0),
            other => {
                notes.push(Note::unusable(tags::VOI_LUT_FUNCTION, other));
                (WindowFunction::Linear, 1.0)
            }
        };
        for pair in centres.into_iter().zip(widths) {
            let (Some(centre), Some(width)) = pair else { continue };
            if width >= least {
                return Some(Self::Window { centre, width, function });
            }
            notes.push(Note::unusable(tags::WINDOW_WIDTH, &width.to_string()));
        }
        None
    }

    fn show(&self, value: f64, (least, greatest): (f64, f64)) -> f64 {
        match self {
            Self::Window { centre, width, function } => function.show(value, *centre, *width),
            Self::Table(table) => table.shown(value),
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
