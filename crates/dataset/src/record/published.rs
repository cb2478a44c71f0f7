//! Format and size of an image as published, for a copy of a collection that was made smaller.

use radiograph_image::ImageFormat;
use serde::Serialize;

/// Format, colour mode and size of an image as its publishers offer it.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct PublishedImage {
    /// Format by content.
    pub format: ImageFormat,
    /// Colour mode: `L` gray, `RGB`, `RGBA`, `P` palette.
    pub mode: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
}
