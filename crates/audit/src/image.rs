//! One image of an audit, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// One image: its class, its origin, and what the probes may look at.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Image {
    /// Class.
    pub class: String,
    /// Patient, or group of images that are not independent. Clusters are resampled, permuted and held out as a whole.
    pub cluster: String,
    /// Collection that the image comes from.
    pub source: String,
    /// Part of the split.
    pub part: Part,
    /// Values of fields by which the model is scored in subgroups, such as `sex`. A field that is missing is unknown.
    pub fields: BTreeMap<String, String>,
    /// Format and size as published; all fields unknown if nothing is known.
    pub published: Published,
    /// The whole picture, small and gray.
    pub picture: Option<SmallPicture>,
    /// Features of a frozen network, pooled over the feature map.
    pub features: Option<Vec<f32>>,
}

/// Part of the split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "an image is in one of two parts")]
pub enum Part {
    /// Probes are fitted on it.
    Training,
    /// Probes are scored on it, once.
    Test,
}

/// Format and size of an image as its publishers offer it. Sizes of a copy that was made smaller say nothing about the
/// publishers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Published {
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Bits of a sample.
    pub bits: Option<u32>,
    /// Colour mode, such as `L` or `RGB`.
    pub colour: Option<String>,
    /// File format, such as `PNG`.
    pub format: Option<String>,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// Words of its header by attribute, such as the manufacturer of a DICOM file.
    pub tags: BTreeMap<String, String>,
}

impl Published {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// A gray picture of [`SIDE`](SmallPicture::SIDE) × `SIDE` pixels, row by row from the top left, 0 to 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallPicture(Vec<u8>);

impl SmallPicture {
    /// Side in pixels.
    pub const SIDE: usize = 32;

    /// A picture of these gray values, row by row.
    ///
    /// # Errors
    ///
    /// [`Error::Picture`] unless there are `SIDE` × `SIDE`.
    pub fn new(gray: Vec<u8>) -> Result<Self, Error> {
        let expected = Self::SIDE * Self::SIDE;
        match gray.len() {
            got if got == expected => Ok(Self(gray)),
            got => Err(Error::Picture { expected, got }),
        }
    }

    /// The gray value in a row and a column.
    ///
    /// # Panics
    ///
    /// If either is not below [`SIDE`](Self::SIDE), like a slice.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> u8 {
        assert!(column < Self::SIDE, "column {column}");
        self.0[row * Self::SIDE + column]
    }
}
