//! What is asked of an extraction: an image by its content, and how to get at its pixels.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use radiograph_features::FeatureId;
use radiograph_files::ContentHash;

use super::{Failure, FailureReason, InputError};

type Decode<'i> = Box<dyn FnOnce() -> Result<Pixels, InputError> + Send + 'i>;

/// One image that features are wanted of.
pub struct Input<'i> {
    id: String,
    feature: FeatureId,
    decode: Decode<'i>,
}

/// A decoded and preprocessed image.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// The SHA-256 of the very bytes that were decoded. If it is not the listed one, the image is left out.
    pub content: ContentHash,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// Row-major, normalised as the network's weights ask.
    pub values: Vec<f32>,
}

impl<'i> Input<'i> {
    /// An image by the name that people call it, such as `cohen:123`; by its content and the variant of it; and by how
    /// to decode it. `decode` runs once at most, on a thread of the extraction, and only if the features are missing.
    ///
    /// An augmented variant is an input of its own: its `decode` draws the augmentation.
    pub fn new(
        id: impl Into<String>,
        feature: FeatureId,
        decode: impl FnOnce() -> Result<Pixels, InputError> + Send + 'i,
    ) -> Self {
        Self { id: id.into(), feature, decode: Box::new(decode) }
    }

    /// Which feature map is wanted.
    pub fn feature(&self) -> FeatureId {
        self.feature
    }

    /// Which feature map is wanted, and what people call its image.
    pub(super) fn named(&self) -> (FeatureId, String) {
        (self.feature, self.id.clone())
    }

    /// The pixels, if they are those of the listed image.
    pub(super) fn decode(self, expected: [usize; 3]) -> Result<Vec<f32>, Box<Failure>> {
        let Self { id, feature, decode } = self;
        let fail = |reason| Err(Box::new(Failure { id, feature, reason }));
        // Decoders meet hostile files; nothing of one is used after it panicked.
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
