//! The error of a search with a setting out of its range.

/// Why a search for same pictures cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamePictureError {
    /// A setting is out of its range.
    #[error("same pictures: `{field}` is out of its range; {remedy}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// The values that it may have.
        remedy: &'static str,
    },
}
