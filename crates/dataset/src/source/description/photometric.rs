//! What a table or a description says of the samples of films whose files do not say it.

use radiograph_image::Stated;
use serde::{Deserialize, Deserializer, Serialize, de};

/// Meaning of the least sample of a film: DICOM's Photometric Interpretation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub enum Photometric {
    /// The least sample is white; the picture is inverted.
    #[serde(rename = "MONOCHROME1")]
    Monochrome1,
    /// The least sample is black.
    #[serde(rename = "MONOCHROME2")]
    Monochrome2,
}

impl Photometric {
    /// Reads what DICOM writes, without regard to case. Colours have black as their least samples, as MONOCHROME2 has.
    pub fn read(text: &str) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        match upper.as_str() {
            "MONOCHROME1" => Some(Self::Monochrome1),
            "MONOCHROME2" | "RGB" | "PALETTE COLOR" => Some(Self::Monochrome2),
            colours if colours.starts_with("YBR_") => Some(Self::Monochrome2),
            _ => None,
        }
    }
}

/// A number of bits that samples can have.
pub(super) fn bits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let bits = u8::deserialize(deserializer)?;
    match Stated::default().with_bits(bits) {
        Some(_) => Ok(Some(bits)),
        None => Err(de::Error::custom(format!("a sample has 1 to {} bits, not {bits}", Stated::BITS))),
    }
}
