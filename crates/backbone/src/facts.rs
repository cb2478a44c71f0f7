//! What is known about each network before any weights are read: constants, and sizes that follow from them.

use radiograph_weights::Architecture;

use crate::{BackboneError, network};

/// A square window that slides over a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Cells a side.
    pub kernel: i64,
    /// Cells from one position to the next.
    pub stride: i64,
    /// Cells added at every edge.
    pub padding: i64,
}

impl Window {
    pub(crate) const fn new(kernel: i64, stride: i64, padding: i64) -> Self {
        Self { kernel, stride, padding }
    }

    /// Cells a side after it slid over `side` cells; `None` if it does not fit once.
    const fn after(self, side: i64) -> Option<i64> {
        let room = side + 2 * self.padding - self.kernel;
        if side < 1 || room < 0 { None } else { Some(room / self.stride + 1) }
    }
}

/// Declared facts of a network; a test compares each with the network itself and with published numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// The network.
    pub architecture: Architecture,
    /// As people write it.
    pub title: &'static str,
    /// Channels of the last feature map.
    pub channels: i64,
    /// Pixels of the image for one cell of the last map, along a side.
    pub stride: i64,
    /// Pixels a side of the images that the published weights were trained with.
    pub native_size: i64,
    /// The layer whose output is the last map, and which explanations look at; a published name.
    pub explanation_layer: &'static str,
    /// The windows that change a map's size, from the image to the last map.
    pub windows: &'static [Window],
    /// Learned numbers of the feature extractor: weights and biases, without the statistics of batch normalisation.
    pub parameters: i64,
    /// Learned numbers of the classifier of 1000 classes.
    pub classifier_parameters: i64,
    /// Learned numbers of the auxiliary classifier that a published file may carry and no forward pass uses.
    pub auxiliary_parameters: i64,
    /// Images that go through the layers at once on the processor; chosen by measurement (`benches/backbone.rs`).
    pub micro_batch: i64,
}

impl Facts {
    /// Those of `architecture`.
    pub const fn of(architecture: Architecture) -> &'static Self {
        match architecture {
            Architecture::Vgg19 => &network::vgg19::FACTS,
            Architecture::DenseNet121 => &network::densenet121::FACTS,
            Architecture::InceptionV3 => &network::inception_v3::FACTS,
            Architecture::InceptionResNetV2 => &network::inception_resnet_v2::FACTS,
        }
    }

    /// Pixels that the shortest side of an image must have.
    pub fn minimum_size(&self) -> i64 {
        // Every side of at least the product of all strides and kernels is enough, so the search ends.
        (1..).find(|side| self.cells(*side).is_some()).unwrap_or(i64::MAX)
    }

    /// `[channels, rows, columns]` of the last map of an image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`BackboneError::TooSmall`] if some layer would shrink the image to nothing.
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], BackboneError> {
        match (self.cells(height), self.cells(width)) {
            (Some(rows), Some(columns)) => Ok([self.channels, rows, columns]),
            _ => Err(BackboneError::TooSmall {
                architecture: self.architecture,
                height,
                width,
                minimum: self.minimum_size(),
            }),
        }
    }

    fn cells(&self, side: i64) -> Option<i64> {
        self.windows.iter().try_fold(side, |side, window| window.after(side))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use radiograph_weights::{Expected, Group};

    use super::*;
    use crate::{
        network::{Classifier, Network},
        source::{Role, Source},
    };

    /// The whole networks' counts as torchvision 0.28 publishes them (`VGG19_Weights` and so on, `num_params`), and timm's
    /// for Inception-ResNetV2.
    const PUBLISHED: [(Architecture, i64); 4] = [
        (Architecture::Vgg19, 143_667_240),
        (Architecture::DenseNet121, 7_978_856),
        (Architecture::InceptionV3, 27_161_264),
        (Architecture::InceptionResNetV2, 55_843_464),
    ];

    /// Last maps of images of 224 and 299 pixels, as `backbones.json` has them.
    const MAPS: [(Architecture, [i64; 3], [i64; 3]); 4] = [
        (Architecture::Vgg19, [512, 7, 7], [512, 9, 9]),
        (Architecture::DenseNet121, [1024, 7, 7], [1024, 9, 9]),
        (Architecture::InceptionV3, [2048, 5, 5], [2048, 8, 8]),
        (Architecture::InceptionResNetV2, [1536, 5, 5], [1536, 8, 8]),
    ];

    #[test]
    fn declared_facts_are_those_of_the_networks_and_of_their_publishers() {
        for (architecture, published) in PUBLISHED {
            let facts = Facts::of(architecture);
            assert_eq!(facts.architecture, architecture);
            let source = Source::listening(architecture);
            Network::load(&source).unwrap();
            let features = source.asked();
            Classifier::load(&source).unwrap();
            let whole = source.asked();
            let learned = |asked: &[crate::source::Asked]| -> i64 {
                let statistics = |role| matches!(role, Role::Mean | Role::Variance);
                let counted = asked.iter().filter(|asked| !statistics(asked.role));
                counted.map(|asked| asked.shape.iter().product::<i64>()).sum()
            };
            assert_eq!(learned(&features), facts.parameters, "{architecture}");
            assert_eq!(learned(&whole), facts.parameters + facts.classifier_parameters, "{architecture}");
            assert_eq!(
                facts.parameters + facts.classifier_parameters + facts.auxiliary_parameters,
                published,
                "{architecture}"
            );
            // The list of tensors that a file is held against, from the reference and not from this crate.
            let used = |expected: &Expected| expected.group != Group::Auxiliary;
            let listed: BTreeSet<(String, Vec<i64>)> = Expected::of(architecture)
                .into_iter()
                .filter(used)
                .map(|expected| (expected.name, expected.shape.iter().map(|side| *side as i64).collect()))
                .collect();
            let asked: BTreeSet<(String, Vec<i64>)> =
                whole.iter().map(|asked| (asked.name.clone(), asked.shape.clone())).collect();
            assert_eq!(asked.len(), whole.len(), "{architecture} asks for a tensor twice");
            assert_eq!(asked, listed, "{architecture}");
            let layer = facts.explanation_layer;
            let known = asked.iter().any(|(name, _)| name.starts_with(&format!("{layer}.")));
            assert!(
                known || layer == "features.36",
                "{layer} of {architecture} has no parameter and is no pooling"
            );
        }
    }

    #[test]
    fn maps_have_the_published_shapes() {
        for (architecture, small, large) in MAPS {
            let facts = Facts::of(architecture);
            assert_eq!(facts.feature_shape(224, 224).unwrap(), small, "{architecture}");
            assert_eq!(facts.feature_shape(299, 299).unwrap(), large, "{architecture}");
            assert_eq!(
                facts.feature_shape(224, 299).unwrap(),
                [small[0], small[1], large[2]],
                "{architecture}"
            );
            let strides: i64 = facts.windows.iter().map(|window| window.stride).product();
            assert_eq!(facts.stride, strides, "{architecture}");
            let minimum = facts.minimum_size();
            assert_eq!(facts.feature_shape(minimum, minimum).unwrap()[1..], [1, 1], "{architecture}");
            assert!(facts.feature_shape(minimum - 1, 299).is_err(), "{architecture}");
            assert!(facts.feature_shape(-1, i64::MIN / 4).is_err(), "{architecture}");
        }
    }
}
