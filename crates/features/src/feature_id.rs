//! The identifier of a feature map: the image's content hash and the augmented variant.

use std::fmt;

use radiograph_files::ContentHash;

/// Identifier of a feature map: an image's content hash, and the variant of the image.
///
/// It is shown as `3f0a…/0`, which is also the tensor's name in its shard.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FeatureId {
    /// SHA-256 of the image file.
    pub image: ContentHash,
    /// Variant: 0 for the image itself, 1 and up for its augmented copies.
    pub variant: u32,
}

impl FeatureId {
    /// The feature map of the image itself.
    pub const fn plain(image: ContentHash) -> Self {
        Self { image, variant: 0 }
    }

    /// The feature map of an augmented copy, counted from 1; 0 is the image itself.
    pub const fn variant(image: ContentHash, variant: u32) -> Self {
        Self { image, variant }
    }
}

impl From<ContentHash> for FeatureId {
    fn from(image: ContentHash) -> Self {
        Self::plain(image)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.image, self.variant)
    }
}
