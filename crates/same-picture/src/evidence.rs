//! A pair of images that show the same picture, with the evidence for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Two images of a list that show the same picture.
///
/// The pairs of a search are the edges of a spanning forest: three copies of one picture are two pairs, not three, so a
/// placeholder saved ten thousand times does not become fifty million pairs. Pictures that are connected, directly or through
/// others, belong together. Which of the possible pairs connect them depends on the order of the images.
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
    /// The gray values differ, but the reliefs of two windows correlate: a negative, another gray curve, enhanced
    /// contrast, or a picture that was turned a little.
    Relief {
        /// Correlation of the reliefs, up to 1. The relief is every place's difference from its neighbourhood's mean, in
        /// units of the neighbourhood's standard deviation.
        relief: f64,
        /// Whether dark and light are exchanged.
        negative: bool,
        /// What makes the second image look like the first, apart from the degrees.
        turn: Option<Turn>,
        /// Degrees by which the second image must also be turned, clockwise, after the turn.
        degrees: f64,
        /// Where in the first image. One of the two windows is turned about its middle by the degrees.
        first: Window,
        /// Where in the second image.
        second: Window,
    },
}

impl Evidence {
    /// The correlation of the two images, or of their reliefs; 1 where bytes or pixels are equal.
    pub fn correlation(&self) -> f64 {
        match *self {
            Self::SameBytes | Self::SamePixels => 1.0,
            Self::WholeImage { correlation, .. }
            | Self::CentreSquare { correlation, .. }
            | Self::Turned { correlation, .. }
            | Self::Crop { correlation, .. } => correlation,
            Self::Relief { relief, .. } => relief,
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
            Self::Relief { .. } => "relief",
        }
    }

    /// The evidence when the two images change places.
    pub(crate) fn swapped(self) -> Self {
        match self {
            Self::Turned { turn, correlation, detail } => {
                Self::Turned { turn: turn.inverse(), correlation, detail }
            }
            Self::Crop { correlation, detail, first, second } => {
                Self::Crop { correlation, detail, first: second, second: first }
            }
            Self::Relief { relief, negative, turn, degrees, first, second } => Self::Relief {
                relief,
                negative,
                turn: turn.map(Turn::inverse),
                // A mirror image turns the other way.
                degrees: if turn.is_some_and(Turn::mirrors) { degrees } else { -degrees },
                first: second,
                second: first,
            },
            same => same,
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
            Self::Relief { relief, negative, turn, degrees, .. } => {
                formatter.write_str("relief")?;
                if *negative {
                    formatter.write_str(", negative")?;
                }
                if let Some(turn) = turn {
                    write!(formatter, ", {turn}")?;
                }
                if degrees.abs() >= 0.5 {
                    write!(formatter, ", turned by {degrees:.0}°")?;
                }
                write!(formatter, ", correlation {relief:.3}")
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

    /// Whether it makes a mirror image.
    pub(crate) fn mirrors(self) -> bool {
        matches!(self, Self::Mirrored | Self::UpsideDown | Self::Transposed | Self::AntiTransposed)
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
