//! What can be wrong with weights, or with what is asked of them.

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// No network has this name.
    #[error("`{text}` is no network; give vgg19, densenet121, inception_v3 or inception_resnet_v2")]
    Architecture {
        /// What was given.
        text: String,
    },
}
