//! Which feature map of a store is meant. Not where it lies.

use std::fmt;

use radiograph_files::ContentHash;

/// One feature map of a store: an image by its content, and which variant of it.
///
/// Shown as `3f0a…/0`, which is also the tensor's name in its shard.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FeatureId {
    /// The SHA-256 of the image file.
    pub image: ContentHash,
    /// 0 for the image as it is, 1 and up for its augmented copies.
    pub variant: u32,
}

impl FeatureId {
    /// The image as it is.
    pub const fn plain(image: ContentHash) -> Self {
        Self { image, variant: 0 }
    }

    /// An augmented copy of it, counted from 1; 0 is the image as it is.
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
