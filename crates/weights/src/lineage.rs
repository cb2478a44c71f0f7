//! The lineage of weights: facts about a network's computation that its parameters do not contain but features depend
//! on.

use serde::{Deserialize, Serialize};

use crate::Architecture;

/// How the network in which weights were trained computes everything that is not a parameter.
///
/// The same InceptionV3 weights give features that differ by 35 % (relative l2) if average pooling counts padding that
/// it did not count in training, so the lineage belongs to the weights and not to the user's settings.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// Whether the 3×3 average pooling of the Inception blocks divides by 9 everywhere (torchvision's InceptionV3), or by
    /// the number of values that are not padding (Keras, TensorFlow, and Inception-ResNetV2 everywhere). Without effect in
    /// VGG19 and DenseNet121, which have no padded average pooling; `false` there.
    pub pooling_counts_padding: bool,
    /// Epsilon that batch normalisation adds to the variance. Without effect in VGG19, which has none; 1e-5 there.
    pub batch_norm_epsilon: f64,
    /// Whether the network itself turns an input normalised by ImageNet's mean and deviation into one of −1 to 1
    /// (`transform_input` of torchvision's InceptionV3).
    pub transforms_input: bool,
}

impl Lineage {
    /// The lineage of torchvision's own files (Inception-ResNetV2, which torchvision lacks: timm's).
    pub const fn torchvision(architecture: Architecture) -> Self {
        let inception_v3 = matches!(architecture, Architecture::InceptionV3);
        Self {
            pooling_counts_padding: inception_v3,
            transforms_input: inception_v3,
            ..Self::keras(architecture)
        }
        .with_epsilon(architecture, 1e-5)
    }

    /// The lineage of timm's files: torchvision's, but input is already normalised to −1 to 1.
    pub const fn timm(architecture: Architecture) -> Self {
        Self { transforms_input: false, ..Self::torchvision(architecture) }
    }

    /// The lineage of `keras.applications`.
    pub const fn keras(architecture: Architecture) -> Self {
        let batch_norm_epsilon = match architecture {
            Architecture::Vgg19 => 1e-5,
            Architecture::DenseNet121 => 1.001e-5,
            Architecture::InceptionV3 | Architecture::InceptionResNetV2 => 1e-3,
        };
        Self { pooling_counts_padding: false, batch_norm_epsilon, transforms_input: false }
    }

    /// Sets the epsilon, which differs between the two families for DenseNet121 only.
    const fn with_epsilon(self, architecture: Architecture, epsilon: f64) -> Self {
        match architecture {
            Architecture::DenseNet121 => Self { batch_norm_epsilon: epsilon, ..self },
            _ => self,
        }
    }
}
