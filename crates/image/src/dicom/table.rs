//! Reads look-up tables (modality LUT, VOI LUT, palettes) from a DICOM file.

use super::{
    data_set::{DataSet, Element},
    tags::{self, Tag},
};

/// A look-up table of PS3.3 C.11.1 or C.11.2: values below `first` map to its first entry, those beyond to its last.
#[derive(Clone, Debug)]
pub(super) struct LookUpTable {
    first: i32,
    /// At least one.
    entries: Vec<u16>,
    /// Bits of an entry that the file declares.
    bits: u16,
}

impl LookUpTable {
    /// The first table of a sequence whose input spans `domain`; `Err` says why it cannot be used.
    pub(super) fn read(
        set: &DataSet<'_>,
        sequence: Tag,
        domain: (f64, f64),
    ) -> Option<Result<Self, &'static str>> {
        set.get(sequence)?;
        let Some(item) = set.first_item(sequence) else { return Some(Err("empty")) };
        Some(Self::of(item.get(tags::LUT_DESCRIPTOR), item.get(tags::LUT_DATA), domain))
    }

    /// A table by its descriptor and data.
    pub(super) fn of(
        descriptor: Option<&Element<'_>>,
        data: Option<&Element<'_>>,
        domain: (f64, f64),
    ) -> Result<Self, &'static str> {
        let (Some(descriptor), Some(data)) = (descriptor, data) else { return Err("incomplete") };
        let descriptor = Descriptor::read(descriptor, domain)?;
        let bytes = data.bytes();
        let words = data.words();
        // Entries of 8 bits lie two in a word, or one in a word: their number tells.
        let entries: Vec<u16> = if words.len() >= descriptor.count {
            words
        } else if bytes.len() >= descriptor.count {
            let swapped = usize::from(data.big_endian && data.kind == *b"OW");
            (0..bytes.len()).map(|at| bytes.get(at ^ swapped).copied().unwrap_or(0).into()).collect()
        } else {
            return Err("shorter than it says");
        };
        let entries = entries[..descriptor.count].to_vec();
        Ok(Self { first: descriptor.first, entries, bits: descriptor.bits })
    }

    /// A table of these entries.
    pub(super) fn with(first: i32, entries: Vec<u16>, bits: u16) -> Result<Self, &'static str> {
        if entries.is_empty() { Err("empty") } else { Ok(Self { first, entries, bits }) }
    }

    /// The entry of a value.
    pub(super) fn look_up(&self, value: f64) -> f64 {
        let last = self.entries.len() - 1;
        let index = (value - f64::from(self.first)).clamp(0.0, last as f64);
        f64::from(self.entries[index as usize])
    }

    /// The entry of a value, from 0 (black) to 1 (white).
    pub(super) fn shown(&self, value: f64) -> f64 {
        (self.look_up(value) / self.white()).min(1.0)
    }

    /// The entry of a share of the whole input, from 0 (black) to 1 (white).
    pub(super) fn map(&self, share: f64) -> f64 {
        // A product just below a whole number is one that was rounded.
        let number = (share * (self.entries.len() - 1) as f64 + 1e-9).floor();
        self.shown(f64::from(self.first) + number)
    }

    /// The least and the greatest entry.
    pub(super) fn range(&self) -> (f64, f64) {
        let least = self.entries.iter().min().copied().unwrap_or(0);
        (least.into(), self.greatest().into())
    }

    /// The entry that is white. Declared bits are believed where the entries need as many; a table of 12 bits that calls
    /// itself one of 16 would be 16 times too dark, so there its greatest entry is white.
    pub(super) fn white(&self) -> f64 {
        let needed = 16 - self.greatest().leading_zeros();
        let declared = u32::from(self.bits);
        let white = if needed == declared { (1_u32 << declared) - 1 } else { self.greatest().max(1).into() };
        f64::from(white)
    }

    fn greatest(&self) -> u16 {
        self.entries.iter().max().copied().unwrap_or(0)
    }
}

/// The three values of a table's descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    pub(super) count: usize,
    /// Value that the first entry is for.
    pub(super) first: i32,
    pub(super) bits: u16,
}

impl Descriptor {
    /// Reads a descriptor whose table takes values of `domain`.
    pub(super) fn read(element: &Element<'_>, domain: (f64, f64)) -> Result<Self, &'static str> {
        let words = element.words();
        let &[count, first, bits] = words.first_chunk().ok_or("without descriptor")?;
        if !(1..=16).contains(&bits) {
            return Err("of impossible depth");
        }
        let count = match count {
            0 => 65_536, // what does not fit 16 bits is written as zero
            count => usize::from(count),
        };
        Ok(Self { count, first: signed_as_needed(first, count, element.kind, domain), bits })
    }
}

/// The second number of a descriptor. It has the sign of the values that the table takes (PS3.3 C.11.2.1.1), which are
/// those behind the rescale; many files name another type or none. So the reading that covers more of these values
/// holds, and of equals the one that the type names.
fn signed_as_needed(word: u16, count: usize, kind: [u8; 2], (least, greatest): (f64, f64)) -> i32 {
    let (unsigned, signed) = (i32::from(word), i32::from(word.cast_signed()));
    let covered = |first: i32| {
        let first = f64::from(first);
        greatest.min(first + count as f64 - 1.0) - least.max(first)
    };
    let named = if kind == *b"SS" { signed } else { unsigned };
    let other = if kind == *b"SS" { unsigned } else { signed };
    if covered(other) > covered(named) { other } else { named }
}

/// Entries of a segmented palette (PS3.3 C.7.9.2), or `None` if its segments make no table.
pub(super) fn expanded(segments: &[u16], count: usize) -> Option<Vec<u16>> {
    let mut entries = Vec::with_capacity(count);
    let mut at = 0;
    while at < segments.len() && entries.len() < count {
        at = segment(segments, at, &mut entries, count)?;
    }
    (entries.len() >= count).then(|| {
        entries.truncate(count);
        entries
    })
}

/// Appends one segment; returns where the next begins.
fn segment(segments: &[u16], at: usize, entries: &mut Vec<u16>, count: usize) -> Option<usize> {
    let (&code, &length) = (segments.get(at)?, segments.get(at + 1)?);
    let length = usize::from(length);
    // A segment of no entries would let a reference go round without making any.
    if length == 0 && code != 2 {
        return None;
    }
    match code {
        0 => {
            entries.extend_from_slice(segments.get(at + 2..at + 2 + length)?);
            Some(at + 2 + length)
        }
        1 => {
            let from = f64::from(*entries.last()?);
            let to = f64::from(*segments.get(at + 2)?);
            let step = (to - from) / length.max(1) as f64;
            entries.extend((1..=length).map(|number| (from + step * number as f64).round() as u16));
            Some(at + 3)
        }
        2 => {
            let (&low, &high) = (segments.get(at + 2)?, segments.get(at + 3)?);
            let mut from = usize::from(low) | usize::from(high) << 16;
            for _ in 0..length {
                // A segment that points at another of its kind would never end.
                if entries.len() > count || !matches!(segments.get(from), Some(0 | 1)) {
                    return None;
                }
                from = segment(segments, from, entries, count)?;
            }
            Some(at + 4)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_has_the_sign_that_its_input_needs() {
        let minus_1024 = (-1024_i16).cast_unsigned();
        assert_eq!(signed_as_needed(minus_1024, 4096, *b"US", (-1024.0, 3071.0)), -1024);
        assert_eq!(signed_as_needed(minus_1024, 4096, *b"SS", (-1024.0, 3071.0)), -1024);
        assert_eq!(signed_as_needed(60_000, 4096, *b"xs", (0.0, 65_535.0)), 60_000);
        assert_eq!(signed_as_needed(60_000, 4096, *b"SS", (0.0, 65_535.0)), 60_000);
        assert_eq!(signed_as_needed(0, 4096, *b"SS", (-100.0, 65_535.0)), 0);
    }

    #[test]
    fn white_is_judged_by_the_entries() {
        let white = |entries: &[u16], bits| LookUpTable::with(0, entries.to_vec(), bits).unwrap().white();
        assert_eq!(white(&[0, 4073], 12), 4095.0);
        assert_eq!(white(&[0, 4073], 16), 4073.0, "Agfa: 12 bits that are called 16");
        assert_eq!(white(&[0, 60_000], 16), 65_535.0);
        assert_eq!(white(&[0, 60_000], 12), 60_000.0, "more than they say");
        assert_eq!(white(&[0, 0], 16), 1.0);
    }

    /// The example of PS3.3 C.7.9.2: discrete, linear, and a reference to the first.
    #[test]
    fn segments_expand() {
        let segments = [0, 2, 10, 20, 1, 4, 60, 2, 1, 0, 0];
        assert_eq!(expanded(&segments, 8), Some(vec![10, 20, 30, 40, 50, 60, 10, 20]));
        assert_eq!(expanded(&segments, 9), None);
        assert_eq!(expanded(&[1, 4, 60], 4), None, "a line from nowhere");
        assert_eq!(expanded(&[2, 9, 0, 0], 4), None, "a reference to itself");
        assert_eq!(
            expanded(&[0, 0, 0, 2, 1, 2], 2),
            None,
            "a segment of nothing, which many references could walk"
        );
    }
}
