//! A pair of images that show the same picture, with the evidence for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Two images of a list that show the same picture.
///
/// Pairs connect: three copies of one file are two pairs, each with the first of them, not three, so that a placeholder
/// saved ten thousand times does not become fifty million pairs. What belongs together are the connected parts of the
/// graph whose edges the pairs are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct SamePicture {
    /// Position of one image in the list.
    pub first: usize,
    /// Position of the other; larger than `first`.
    pub second: usize,
    /// The strongest evidence that was found.
    pub evidence: Evidence,
}

/// Why two images count as one picture, from the strongest evidence to the weakest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Evidence {
    /// The files hold the same bytes.
    SameBytes,
    /// The files differ, their gray pixels do not: another format, or other metadata.
    SamePixels,
    /// The perceptual hashes of the whole images are near, and the images correlate.
    WholeImage {
        /// Pearson's correlation of the gray values of the two images where they were laid over each other, up to 1.
        correlation: f64,
        /// The same of what is left when the mean of every place's neighbourhood is taken off.
        detail: f64,
    },
    /// The perceptual hashes of the centre squares are near, and the squares correlate: the other proportions of
    /// one of them were cut off.
    CentreSquare {
        /// As above.
        correlation: f64,
        /// As above.
        detail: f64,
    },
    /// As [`WholeImage`](Self::WholeImage) or [`CentreSquare`](Self::CentreSquare) after the second image was turned.
    Turned {
        /// What makes the second image look like the first.
        turn: Turn,
        /// As above.
        correlation: f64,
        /// As above.
        detail: f64,
    },
    /// A window of one image correlates with a window of the other.
    Crop {
        /// As above.
        correlation: f64,
        /// As above.
        detail: f64,
        /// Where in the first image.
        first: Window,
        /// Where in the second image.
        second: Window,
    },
}

impl Evidence {
    /// The correlation of the two images; 1 where bytes or pixels are equal.
    pub fn correlation(&self) -> f64 {
        match *self {
            Self::SameBytes | Self::SamePixels => 1.0,
            Self::WholeImage { correlation, .. }
            | Self::CentreSquare { correlation, .. }
            | Self::Turned { correlation, .. }
            | Self::Crop { correlation, .. } => correlation,
        }
    }

    /// The kind of evidence in one or two words, as it is written in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SameBytes => "same-bytes",
            Self::SamePixels => "same-pixels",
            Self::WholeImage { .. } => "whole-image",
            Self::CentreSquare { .. } => "centre-square",
            Self::Turned { .. } => "turned",
            Self::Crop { .. } => "crop",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameBytes | Self::SamePixels => formatter.pad(self.kind()),
            Self::Turned { turn, correlation, .. } => {
                write!(formatter, "{turn}, correlation {correlation:.3}")
            }
            other => write!(formatter, "{}, correlation {:.3}", other.kind(), other.correlation()),
        }
    }
}

/// A rectangle of an image, in shares of its width and height: 0 to 1 from the left and from the top.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Window {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// One of the seven ways to turn or mirror a rectangle onto its axes, other than leaving it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Left and right exchanged.
    Mirrored,
    /// Top and bottom exchanged.
    UpsideDown,
    /// By 90° clockwise.
    Rotated90,
    /// By 180°.
    Rotated180,
    /// By 270° clockwise.
    Rotated270,
    /// Rows and columns exchanged.
    Transposed,
    /// Rows and columns exchanged, and turned by 180°.
    AntiTransposed,
}

impl Turn {
    /// All turns.
    pub const ALL: [Self; 7] = [
        Self::Mirrored,
        Self::UpsideDown,
        Self::Rotated90,
        Self::Rotated180,
        Self::Rotated270,
        Self::Transposed,
        Self::AntiTransposed,
    ];

    /// The turn that undoes it.
    pub fn inverse(self) -> Self {
        match self {
            Self::Rotated90 => Self::Rotated270,
            Self::Rotated270 => Self::Rotated90,
            own => own,
        }
    }

    /// Whether width becomes height.
    pub(crate) fn exchanges_sides(self) -> bool {
        matches!(self, Self::Rotated90 | Self::Rotated270 | Self::Transposed | Self::AntiTransposed)
    }

    /// Whether left and right, and whether top and bottom, are exchanged, after the sides where they are.
    pub(crate) fn reverses(self) -> (bool, bool) {
        let across =
            matches!(self, Self::Mirrored | Self::Rotated90 | Self::Rotated180 | Self::AntiTransposed);
        let down =
            matches!(self, Self::UpsideDown | Self::Rotated270 | Self::Rotated180 | Self::AntiTransposed);
        (across, down)
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Mirrored => "mirrored",
            Self::UpsideDown => "upside down",
            Self::Rotated90 => "rotated by 90°",
            Self::Rotated180 => "rotated by 180°",
            Self::Rotated270 => "rotated by 270°",
            Self::Transposed => "transposed",
            Self::AntiTransposed => "anti-transposed",
        })
    }
}
