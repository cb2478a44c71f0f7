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
