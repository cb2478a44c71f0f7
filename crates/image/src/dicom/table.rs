//! Reads look-up tables (modality LUT, VOI LUT) from a DICOM file.

use dicom_core::PrimitiveValue;
use dicom_dictionary_std::tags;
use dicom_object::Tag;

use super::{Attributes, Object, damaged};
use crate::Undecodable;

/// A look-up table of PS3.3 C.11.1 or C.11.2: values below `first` map to its first entry, those beyond to its last.
#[derive(Clone, Debug)]
pub(super) struct LookUpTable {
    first: i32,
    entries: Vec<u16>,
    /// Bits of an entry, 8 to 16.
    bits: u32,
}

impl LookUpTable {
    /// The first table of a sequence; `None` if there is none.
    pub(super) fn read(
        object: &Object,
        sequence: Tag,
        attributes: &Attributes,
    ) -> Result<Option<Self>, Undecodable> {
        let Some(item) = object.get(sequence).and_then(|element| element.items()?.first()) else {
            return Ok(None);
        };
        let missing = || damaged(format!("the look-up table of {sequence} is incomplete"));
        let descriptor = item.get(tags::LUT_DESCRIPTOR).ok_or_else(missing)?;
        let descriptor = descriptor.to_multi_int::<i32>().map_err(|error| damaged(error.to_string()))?;
        let &[count, first, bits] = descriptor.as_slice() else { return Err(missing()) };
        let count = match count & 0xFFFF {
            0 => 65_536, // what does not fit 16 bits is written as zero
            count => count as usize,
        };
        // The second number has the sign of the pixels, whatever type it was written with.
        let first = if attributes.signed { i32::from(first as i16) } else { first & 0xFFFF };
        let bits = u32::try_from(bits).ok().filter(|bits| (8..=16).contains(bits)).ok_or_else(missing)?;
        let data =
            item.get(tags::LUT_DATA).and_then(|element| element.value().primitive()).ok_or_else(missing)?;
        let entries: Vec<u16> = match data {
            PrimitiveValue::U16(words) => words.to_vec(),
            PrimitiveValue::I16(words) => words.iter().map(|word| word.cast_unsigned()).collect(),
            PrimitiveValue::U8(bytes) if bytes.len() >= 2 * count => {
                bytes.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect()
            }
            PrimitiveValue::U8(bytes) => bytes.iter().map(|&byte| byte.into()).collect(),
            _ => return Err(missing()),
        };
        let entries = entries.get(..count).ok_or_else(missing)?.to_vec();
        Ok(Some(Self { first, entries, bits }))
    }

    /// The entry of a value.
    pub(super) fn look_up(&self, value: f64) -> f64 {
        let last = self.entries.len() - 1; // a table has at least one entry
        let index = (value - f64::from(self.first)).clamp(0.0, last as f64);
        f64::from(self.entries[index as usize])
    }

    /// The greatest entry that its bits allow.
    pub(super) fn maximum(&self) -> f64 {
        f64::from((1_u32 << self.bits) - 1)
    }
}
