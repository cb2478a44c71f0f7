//! Images that were left out, and why.

use std::fmt;

use radiograph_features::{FeatureError, FeatureId};
use radiograph_files::ContentHash;

/// The error of an image's reader.
pub type InputError = Box<dyn std::error::Error + Send + Sync>;

/// An image that an extraction left out. The others are not touched by it, and the next run tries it again.
#[derive(Debug)]
pub struct Failure {
    /// What the caller calls the image.
    pub id: String,
    /// The feature map that is not there.
    pub feature: FeatureId,
    /// Why.
    pub reason: FailureReason,
}

/// Why an image was left out.
#[derive(Debug)]
#[non_exhaustive]
pub enum FailureReason {
    /// The image cannot be read or decoded.
    Unreadable(InputError),
    /// The decoder panicked.
    DecoderPanicked {
        /// What it said.
        said: String,
    },
    /// The image is not the one that was listed: its file was changed in the meantime.
    Changed {
        /// The hash of what was read.
        found: ContentHash,
    },
    /// The decoded image does not have the shape that the network is fed with.
    Shape {
        /// `[C, H, W]` of the settings.
        expected: [usize; 3],
        /// `[C, H, W]` of the image.
        found: [usize; 3],
        /// Its values.
        values: usize,
    },
    /// The network made something of it that cannot be stored.
    NotStorable(FeatureError),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, feature, reason } = self;
        match feature.variant {
            0 => write!(formatter, "{id}: {reason}"),
            variant => write!(formatter, "{id}, variant {variant}: {reason}"),
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(formatter, "{error}"),
            Self::DecoderPanicked { said } => write!(formatter, "its decoder panicked: {said}"),
            Self::Changed { found } => write!(
                formatter,
                "the image has changed since it was listed, its SHA-256 is now {}; list the images anew",
                found.short()
            ),
            Self::Shape { expected, found, values } => {
                write!(formatter, "decoded to {found:?} with {values} values instead of {expected:?}")
            }
            Self::NotStorable(error) => write!(formatter, "{error}"),
        }
    }
}
