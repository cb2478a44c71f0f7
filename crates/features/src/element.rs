//! The number format of stored features: f32 as computed, or f16 at half the size.

use std::fmt;

use half::{
    f16,
    slice::{HalfBitsSliceExt, HalfFloatSliceExt},
};
use serde::{Deserialize, Serialize};

use crate::FeatureId;

/// The number format of stored features.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    /// IEEE 754 binary32: the values as they were computed.
    #[default]
    F32,
    /// IEEE 754 binary16, rounded to nearest, ties to even: half the size. The relative rounding error is at most 2⁻¹¹.
    /// Below 2⁻¹⁴ (6.1e-5), where binary16 is subnormal, the absolute error is at most 2⁻²⁵. Values of 65,520 and more
    /// have no binary16 and are refused.
    F16,
}

/// A value that a number format cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("features {feature}: value {place} is {value}, which {element} cannot hold")]
#[non_exhaustive]
pub struct NotStorable {
    /// Feature map.
    pub feature: FeatureId,
    /// Position of the value in it, row-major from 0.
    pub place: usize,
    /// Value.
    pub value: f32,
    /// Number format of the store.
    pub element: Element,
}

impl Element {
    /// Number of bytes of one value.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
        }
    }

    /// Its name in safetensors.
    pub(crate) const fn in_safetensors(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
        }
    }

    /// Refuses values that this format cannot hold.
    pub(crate) fn check(self, id: FeatureId, values: &[f32]) -> Result<(), NotStorable> {
        // The smallest magnitude that rounds to infinity: halfway between the largest binary16 and 2^16.
        let limit = if self == Self::F16 { 65_520.0 } else { f32::INFINITY };
        match values.iter().position(|value| value.is_nan() || value.abs() >= limit) {
            None => Ok(()),
            Some(place) => {
                let value = values[place];
                Err(NotStorable { feature: id, place, value, element: self })
            }
        }
    }

    /// Appends one feature map in this format.
    pub(crate) fn encode(self, id: FeatureId, values: &[f32], into: &mut Vec<u8>) -> Result<(), NotStorable> {
        self.check(id, values)?;
        match self {
            Self::F32 => into.extend_from_slice(bytemuck::cast_slice(values)),
            Self::F16 => {
                let mut halves = vec![0_u16; values.len()];
                halves.reinterpret_cast_mut::<f16>().convert_from_f32_slice(values);
                into.extend_from_slice(bytemuck::cast_slice(&halves));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        })
    }
}

/// Buffer for one stored feature map on its way to f32. Features in f32 need none.
pub(crate) struct Decoder {
    halves: Vec<u16>,
}

impl Decoder {
    pub(crate) fn new(element: Element, values: usize) -> Self {
        Self { halves: if element == Element::F16 { vec![0; values] } else { Vec::new() } }
    }

    /// Lets `read` fill the stored bytes, and then converts them to f32.
    pub(crate) fn decode<E>(
        &mut self,
        into: &mut [f32],
        read: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.halves.is_empty() {
            return read(bytemuck::cast_slice_mut(into));
        }
        read(bytemuck::cast_slice_mut(&mut self.halves))?;
        self.halves.reinterpret_cast::<f16>().convert_to_f32_slice(into);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use radiograph_files::ContentHash;

    use super::*;

    fn there_and_back(element: Element, values: &[f32]) -> Result<Vec<f32>, NotStorable> {
        let mut bytes = Vec::new();
        element.encode(FeatureId::plain(ContentHash::of_bytes(b"")), values, &mut bytes)?;
        assert_eq!(bytes.len(), values.len() * element.bytes());
        let mut read = vec![0.0; values.len()];
        let copied: Result<(), ()> = Decoder::new(element, values.len()).decode(&mut read, |into| {
            into.copy_from_slice(&bytes);
            Ok(())
        });
        copied.unwrap();
        Ok(read)
    }

    /// Binary16 values of IEEE 754: one, the least above it, a third, the largest, the least normal and subnormal.
    #[test]
    fn published_half_precision_values_have_their_bits() {
        let known = [
            (1.0, 0x3c00_u16),
            (1.000_976_6, 0x3c01),
            (0.333_251_95, 0x3555),
            (65_504.0, 0x7bff),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (-2.0, 0xc000),
        ];
        for (value, bits) in known {
            let mut bytes = Vec::new();
            Element::F16.encode(ContentHash::of_bytes(b"").into(), &[value], &mut bytes).unwrap();
            assert_eq!(bytes, bits.to_le_bytes(), "{value}");
        }
        // Exactly halfway between two neighbours: the even one, 1.0 and not 1.0009766.
        assert_eq!(there_and_back(Element::F16, &[1.0 + f32::powi(2.0, -11)]).unwrap(), [1.0]);
    }

    #[test]
    fn what_cannot_be_stored_is_refused_with_its_place() {
        for (element, bad) in [
            (Element::F32, f32::NAN),
            (Element::F32, f32::NEG_INFINITY),
            (Element::F16, f32::NAN),
            (Element::F16, 65_520.0),
            (Element::F16, -1e9),
        ] {
            let refused = there_and_back(element, &[0.0, bad]).unwrap_err();
            assert!(matches!(refused, NotStorable { place: 1, .. }), "{element} {bad}");
        }
        assert_eq!(there_and_back(Element::F16, &[65_519.0]).unwrap(), [65_504.0]);
        assert_eq!(there_and_back(Element::F32, &[f32::MAX]).unwrap(), [f32::MAX]);
    }

    proptest! {
        #[test]
        fn f32_comes_back_bit_by_bit(values in prop::collection::vec(-1e30_f32..1e30, 0..40)) {
            prop_assert_eq!(there_and_back(Element::F32, &values).unwrap(), values);
        }

        #[test]
        fn f16_keeps_its_stated_bounds(values in prop::collection::vec(
            prop_oneof![-65_504.0_f32..65_504.0, -1.0_f32..1.0, -1e-4_f32..1e-4, -1e-8_f32..1e-8], 1..40,
        )) {
            for (read, value) in there_and_back(Element::F16, &values).unwrap().iter().zip(&values) {
                let error = (f64::from(*read) - f64::from(*value)).abs();
                let bound = (f64::from(*value).abs() * 2_f64.powi(-11)).max(2_f64.powi(-25));
                prop_assert!(error <= bound, "{value} became {read}");
            }
        }
    }
}
