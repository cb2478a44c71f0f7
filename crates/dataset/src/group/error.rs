//! The error of a pair of same pictures that names an image which is not in the list.

/// A pair names an image that is not in the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a pair names image {position} of {images}, counted from 0")]
#[non_exhaustive]
pub struct NoSuchImage {
    /// Position that the pair names.
    pub position: usize,
    /// Number of images.
    pub images: usize,
}
