//! Images that an extraction left out, each with its reason.

use std::fmt;

use radiograph_features::{FeatureError, FeatureId};
use radiograph_files::ContentHash;

/// The error of an image's reader.
pub type InputError = Box<dyn std::error::Error + Send + Sync>;

/// An image that an extraction left out. Other images are not affected, and the next run tries it again.
#[derive(Debug)]
pub struct Failure {
    /// Name that the caller gave the image.
    pub id: String,
    /// Feature map that is missing.
    pub feature: FeatureId,
    /// Reason.
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
        /// Message of the panic.
        said: String,
    },
    /// The image's content differs from the listed hash: its file changed in the meantime.
    Changed {
        /// Hash of the content that was read.
        found: ContentHash,
    },
    /// The decoded image does not have the network's input shape.
    Shape {
        /// `[C, H, W]` of the settings.
        expected: [usize; 3],
        /// `[C, H, W]` of the image.
        found: [usize; 3],
        /// Number of values of the image.
        values: usize,
    },
    /// The image's features cannot be stored, for example because one is NaN.
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
