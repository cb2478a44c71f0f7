//! Constants of each network that are known without weights, and the feature-map sizes that follow from them.

use crate::Architecture;

/// A square window that slides over a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side, in cells.
    pub kernel: i64,
    /// Step between positions, in cells.
    pub stride: i64,
    /// Cells added at each edge.
    pub padding: i64,
}

impl Window {
    /// A window of this side, step and padding.
    pub const fn new(kernel: i64, stride: i64, padding: i64) -> Self {
        Self { kernel, stride, padding }
    }

    /// The side of its output for an input of `side` cells; `None` if the window does not fit once.
    const fn after(self, side: i64) -> Option<i64> {
        let room = side + 2 * self.padding - self.kernel;
        if side < 1 || room < 0 { None } else { Some(room / self.stride + 1) }
    }
}

/// Constants of a network. Tests compare each with the network itself and with published numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Network.
    pub architecture: Architecture,
    /// Name as written in prose.
    pub title: &'static str,
    /// Channels of the last feature map.
    pub channels: i64,
    /// Number of image pixels for one cell of the last map, along a side.
    pub stride: i64,
    /// Side of the images that the published weights were trained with, in pixels.
    pub native_size: i64,
    /// Published name of the layer whose output is the last map. Explanations use this layer.
    pub explanation_layer: &'static str,
    /// Windows that change a map's size, from the image to the last map.
    pub windows: &'static [Window],
    /// Number of parameters of the feature extractor: weights and biases, without the statistics of batch normalisation.
    pub parameters: i64,
    /// Number of parameters of the classifier of 1000 classes.
    pub classifier_parameters: i64,
    /// Number of parameters of the auxiliary classifier that a published file may hold and no forward pass uses.
    pub auxiliary_parameters: i64,
    /// Number of images that go through the layers at once on the CPU, chosen by measurement (`benches/backbone.rs`).
    pub micro_batch: i64,
}

/// An image that is too small: some layer would shrink it to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{architecture} needs images of at least {minimum} × {minimum} pixels, not {height} × {width}")]
pub struct TooSmall {
    /// Network.
    pub architecture: Architecture,
    /// Rows of the image.
    pub height: i64,
    /// Columns of the image.
    pub width: i64,
    /// Minimum side in pixels.
    pub minimum: i64,
}

impl Facts {
    /// The constants of `architecture`.
    pub const fn of(architecture: Architecture) -> &'static Self {
        match architecture {
            Architecture::Vgg19 => &VGG19,
            Architecture::DenseNet121 => &DENSENET121,
            Architecture::InceptionV3 => &INCEPTION_V3,
            Architecture::InceptionResNetV2 => &INCEPTION_RESNET_V2,
        }
    }

    /// The minimum side of an image in pixels.
    pub fn minimum_size(&self) -> i64 {
        // Any side of at least the product of all strides and kernels is enough, so the search ends.
        (1..).find(|side| self.cells(*side).is_some()).unwrap_or(i64::MAX)
    }

    /// `[channels, rows, columns]` of the last map of an image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`TooSmall`] if some layer would shrink the image to nothing.
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], TooSmall> {
        match (self.cells(height), self.cells(width)) {
            (Some(rows), Some(columns)) => Ok([self.channels, rows, columns]),
            _ => {
                Err(TooSmall { architecture: self.architecture, height, width, minimum: self.minimum_size() })
            }
        }
    }

    fn cells(&self, side: i64) -> Option<i64> {
        self.windows.iter().try_fold(side, |side, window| window.after(side))
    }
}

const VGG19: Facts = Facts {
    architecture: Architecture::Vgg19,
    title: "VGG19",
    channels: 512,
    stride: 32,
    native_size: 224,
    explanation_layer: "features.36",
    windows: &[Window::new(2, 2, 0); 5],
    parameters: 20_024_384,
    classifier_parameters: 123_642_856,
    auxiliary_parameters: 0,
    micro_batch: 4,
};

const DENSENET121: Facts = Facts {
    architecture: Architecture::DenseNet121,
    title: "DenseNet121",
    channels: 1024,
    stride: 32,
    native_size: 224,
    explanation_layer: "features.norm5",
    windows: &[
        Window::new(7, 2, 3),
        Window::new(3, 2, 1),
        Window::new(2, 2, 0),
        Window::new(2, 2, 0),
        Window::new(2, 2, 0),
    ],
    parameters: 6_953_856,
    classifier_parameters: 1_025_000,
    auxiliary_parameters: 0,
    micro_batch: 4,
};

const HALVING: Window = Window::new(3, 2, 0);
const TRIMMING: Window = Window::new(3, 1, 0);
/// Windows of the stem of both Inceptions, and of the two halvings behind it.
const INCEPTION_WINDOWS: [Window; 7] = [HALVING, TRIMMING, HALVING, TRIMMING, HALVING, HALVING, HALVING];

const INCEPTION_V3: Facts = Facts {
    architecture: Architecture::InceptionV3,
    title: "InceptionV3",
    channels: 2048,
    stride: 32,
    native_size: 299,
    explanation_layer: "Mixed_7c",
    windows: &INCEPTION_WINDOWS,
    parameters: 21_785_568,
    classifier_parameters: 2_049_000,
    auxiliary_parameters: 3_326_696,
    micro_batch: 16,
};

const INCEPTION_RESNET_V2: Facts = Facts {
    architecture: Architecture::InceptionResNetV2,
    title: "Inception-ResNetV2",
    channels: 1536,
    stride: 32,
    native_size: 299,
    explanation_layer: "conv2d_7b",
    windows: &INCEPTION_WINDOWS,
    parameters: 54_306_464,
    classifier_parameters: 1_537_000,
    auxiliary_parameters: 0,
    micro_batch: 16,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Last maps of images of 224 and 299 pixels, from `backbones.json`.
    const MAPS: [(Architecture, [i64; 3], [i64; 3]); 4] = [
        (Architecture::Vgg19, [512, 7, 7], [512, 9, 9]),
        (Architecture::DenseNet121, [1024, 7, 7], [1024, 9, 9]),
        (Architecture::InceptionV3, [2048, 5, 5], [2048, 8, 8]),
        (Architecture::InceptionResNetV2, [1536, 5, 5], [1536, 8, 8]),
    ];

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
