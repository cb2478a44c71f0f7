//! Describes one image to an extraction: its name, its content hash and a closure that decodes its pixels.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use radiograph_features::FeatureId;
use radiograph_files::ContentHash;

use super::{Failure, FailureReason, InputError};

type Decode<'i> = Box<dyn FnOnce() -> Result<Pixels, InputError> + Send + 'i>;

/// An image whose features are requested.
pub struct Input<'i> {
    id: String,
    feature: FeatureId,
    decode: Decode<'i>,
}

/// A decoded and preprocessed image.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// SHA-256 of the bytes that were decoded. If it differs from the listed one, the image is left out.
    pub content: ContentHash,
    /// Shape `[C, H, W]`.
    pub shape: [usize; 3],
    /// Values, row-major, normalised as the network's weights require.
    pub values: Vec<f32>,
}

impl<'i> Input<'i> {
    /// Creates an input from a name for messages, such as `cohen:123`; the content hash and variant of the image; and a
    /// closure that decodes it. `decode` runs at most once, on a thread of the extraction, and only if the features are
    /// missing.
    ///
    /// Each augmented variant is a separate input whose `decode` draws the augmentation.
    pub fn new(
        id: impl Into<String>,
        feature: FeatureId,
        decode: impl FnOnce() -> Result<Pixels, InputError> + Send + 'i,
    ) -> Self {
        Self { id: id.into(), feature, decode: Box::new(decode) }
    }

    /// Requested feature map.
    pub fn feature(&self) -> FeatureId {
        self.feature
    }

    /// Requested feature map, and the name of its image.
    pub(super) fn named(&self) -> (FeatureId, String) {
        (self.feature, self.id.clone())
    }

    /// Decodes the pixels, and checks that they belong to the listed image.
    pub(super) fn decode(self, expected: [usize; 3]) -> Result<Vec<f32>, Box<Failure>> {
        let Self { id, feature, decode } = self;
        let fail = |reason| Err(Box::new(Failure { id, feature, reason }));
        // Decoders read untrusted files. Nothing of a decoder is used after it panicked.
        match catch_unwind(AssertUnwindSafe(decode)) {
            Err(panic) => {
                let said = panic.downcast_ref::<&str>().map(ToString::to_string);
                let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                fail(FailureReason::DecoderPanicked { said })
            }
            Ok(Err(error)) => fail(FailureReason::Unreadable(error)),
            Ok(Ok(pixels)) if pixels.content != feature.image => {
                fail(FailureReason::Changed { found: pixels.content })
            }
            Ok(Ok(Pixels { shape, values, .. }))
                if shape != expected || values.len() != expected.iter().product::<usize>() =>
            {
                fail(FailureReason::Shape { expected, found: shape, values: values.len() })
            }
            Ok(Ok(pixels)) => Ok(pixels.values),
        }
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, feature, .. } = self;
        formatter.debug_struct("Input").field("id", id).field("feature", feature).finish_non_exhaustive()
    }
}
