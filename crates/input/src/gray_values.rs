//! Which gray values a network sees.

use serde::{Deserialize, Serialize};

/// Distribution of the gray values that a network sees.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GrayValues {
    /// Those of the file.
    #[default]
    Stored,
    /// Matched to an even histogram, at 8 bits: exposure and gray scale of a source cannot be learned.
    Even,
}

impl GrayValues {
    /// Whether they are those of the file.
    #[must_use]
    pub fn are_stored(&self) -> bool {
        *self == Self::Stored
    }
}
