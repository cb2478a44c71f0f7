//! The lineage of weights: facts about a network's computation that its parameters do not contain but features depend
//! on.

use serde::{Deserialize, Serialize};

/// How the network in which weights were trained computes everything that is not a parameter.
///
/// The same InceptionV3 weights give features that differ by 35 % (relative l2) if average pooling counts padding that
/// it did not count in training, so the lineage belongs to the weights and not to the user's settings.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// Whether the 3×3 average pooling of the Inception blocks divides by 9 everywhere (torchvision's InceptionV3), or by
    /// the number of values that are not padding (Keras, TensorFlow, and Inception-ResNetV2 everywhere). Without effect in
    /// the other networks, which have no padded average pooling; `false` there.
    pub pooling_counts_padding: bool,
    /// Epsilon that batch normalisation adds to the variance. Without effect in networks without batch normalisation;
    /// 1e-5 there.
    pub batch_norm_epsilon: f64,
    /// Whether the network itself turns an input normalised by ImageNet's mean and deviation into one of −1 to 1
    /// (`transform_input` of torchvision's InceptionV3).
    pub transforms_input: bool,
}

impl Lineage {
    /// No padding counted, no transform, and this epsilon.
    pub const fn with_epsilon(batch_norm_epsilon: f64) -> Self {
        Self { pooling_counts_padding: false, batch_norm_epsilon, transforms_input: false }
    }
}
