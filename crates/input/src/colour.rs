//! Whether a network sees images in gray or in colour.

use serde::{Deserialize, Serialize};

/// Colour treatment of an image before it is resized.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Rec. 601 luma, repeated in three channels. Colour in a radiograph is an annotation or a photographed monitor.
    #[default]
    Gray,
    /// Three channels as stored.
    Rgb,
}
