//! Facts about each network that are known without weights. All of them follow from its forward pass.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    Architecture, NetworkDefinition,
    graph::{Cost, Graph, UnfitImage},
};

/// Facts about a network. Tests compare them with published numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Network.
    pub architecture: Architecture,
    /// Name as written in prose.
    pub title: &'static str,
    /// Channels of its images.
    pub input_channels: i64,
    /// Channels of the last feature map.
    pub channels: i64,
    /// Number of image pixels for one cell of the last map, along a side.
    pub stride: i64,
    /// Largest number of convolutions and dense layers on a path from the image to the classes, the classifier included.
    pub depth: i64,
    /// Side of the images for which it was published, in pixels.
    pub native_size: i64,
    /// Published name of the layer whose output is the last map. Explanations use this layer.
    pub explanation_layer: String,
    /// Number of parameters of the feature extractor: weights and biases, without the statistics of batch normalisation.
    pub parameters: i64,
    /// Number of parameters of the classifier.
    pub classifier_parameters: i64,
    /// Number of parameters of the auxiliary classifier that a published file may hold and no forward pass uses.
    pub auxiliary_parameters: i64,
    /// Number of images that go through the layers at once on the CPU, chosen by measurement (`benches/backbone.rs`).
    pub micro_batch: i64,
    features: Graph,
}

/// An image that a network cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageSizeError {
    /// An image that is too small: some layer would shrink it to nothing.
    #[error("{architecture} needs images of at least {minimum} × {minimum} pixels, not {height} × {width}")]
    TooSmall {
        /// Network.
        architecture: Architecture,
        /// Rows of the image.
        height: i64,
        /// Columns of the image.
        width: i64,
        /// Minimum side in pixels.
        minimum: i64,
    },
    /// An image that does not divide into patches, so that rows or columns would be left out.
    #[error(
        "{architecture} needs images whose sides are multiples of {patch} pixels, not {height} × {width}"
    )]
    Patches {
        /// Network.
        architecture: Architecture,
        /// Rows of the image.
        height: i64,
        /// Columns of the image.
        width: i64,
        /// Side of a patch in pixels.
        patch: i64,
    },
}

impl Facts {
    /// The facts about a network with a graph. They are computed once in a process.
    ///
    /// # Panics
    ///
    /// If the network is [computed from a file](Architecture::of_file), of which [`known`](Self::known) is `None`.
    pub fn of(architecture: Architecture) -> &'static Self {
        #[allow(clippy::expect_used, reason = "documented; `known` asks")]
        Self::known(architecture).expect("the network has a graph")
    }

    /// The facts about a network; `None` if it is [computed from a file](Architecture::of_file).
    pub fn known(architecture: Architecture) -> Option<&'static Self> {
        static KNOWN: Mutex<Option<HashMap<&'static str, &'static Facts>>> = Mutex::new(None);
        let definition = architecture.definition()?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        // The number of networks is bounded, so what is kept for ever is, too.
        let computed = || Self::computed(architecture, definition);
        Some(*known.entry(architecture.name()).or_insert_with(|| Box::leak(Box::new(computed()))))
    }

    fn computed(architecture: Architecture, definition: &NetworkDefinition) -> Self {
        // Registration has checked the graphs of this lineage, and a test those of this project's networks.
        #[allow(clippy::expect_used, reason = "checked when the network was registered")]
        let graphs = architecture.graphs_of(architecture.lineage()).expect("a registered network has graphs");
        let learned = |graph: &Option<Graph>| graph.as_ref().map_or(0, Graph::learned_parameters);
        let (classifier, auxiliary) = (learned(&graphs.classifier), learned(&graphs.auxiliary));
        let depth = graphs.features.depth() + graphs.classifier.as_ref().map_or(0, Graph::depth);
        let features = graphs.features;
        let last = features.layers().find(|(_, map)| *map == features.output());
        Self {
            architecture,
            title: definition.title,
            input_channels: definition.input_channels,
            channels: features.channels(),
            stride: features.stride(),
            depth,
            native_size: i64::from(definition.native_size),
            explanation_layer: last.map(|(name, _)| name.to_owned()).unwrap_or_default(),
            parameters: features.learned_parameters(),
            classifier_parameters: classifier,
            auxiliary_parameters: auxiliary,
            micro_batch: definition.micro_batch,
            features,
        }
    }

    /// Names of the layers whose maps [`Graph::layer`] finds, in the order of computation.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.features.layers().map(|(name, _)| name)
    }

    /// The minimum side of an image in pixels.
    pub fn minimum_size(&self) -> i64 {
        // Any side of at least the product of all strides and kernels is enough, so the search ends.
        (1..=4096).find(|side| self.features.shapes(*side, *side).is_ok()).unwrap_or(i64::MAX)
    }

    /// Side in pixels of which an image's sides must be multiples; 1 if every size from the minimum on is read.
    pub fn multiple(&self) -> i64 {
        self.features.patch().unwrap_or(1)
    }

    /// `[channels, rows, columns]` of the last map of an image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`ImageSizeError`] if the network cannot read such an image.
    pub fn feature_shape(&self, height: i64, width: i64) -> Result<[i64; 3], ImageSizeError> {
        self.features.feature_shape(height, width).map_err(|error| self.refused(error))
    }

    /// Cost of a pass for one image of `height` × `width` pixels.
    ///
    /// # Errors
    ///
    /// [`ImageSizeError`] if the network cannot read such an image.
    pub fn cost(&self, height: i64, width: i64) -> Result<Cost, ImageSizeError> {
        self.features.cost(height, width).map_err(|error| self.refused(error))
    }

    fn refused(&self, error: UnfitImage) -> ImageSizeError {
        let architecture = self.architecture;
        match error {
            UnfitImage::TooSmall { height, width } => {
                ImageSizeError::TooSmall { architecture, height, width, minimum: self.minimum_size() }
            }
            UnfitImage::Patches { height, width, patch } => {
                ImageSizeError::Patches { architecture, height, width, patch }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Last maps of images of 224 and 299 pixels, from `backbones.json` and `backbones_more.json`.
    const MAPS: [(&str, [i64; 3], [i64; 3]); 5] = [
        ("vgg19", [512, 7, 7], [512, 9, 9]),
        ("densenet121", [1024, 7, 7], [1024, 9, 9]),
        ("inception_v3", [2048, 5, 5], [2048, 8, 8]),
        ("inception_resnet_v2", [1536, 5, 5], [1536, 8, 8]),
        ("resnet50", [2048, 7, 7], [2048, 10, 10]),
    ];

    #[test]
    fn maps_have_the_published_shapes() {
        for (name, small, large) in MAPS {
            let facts = Facts::of(name.parse().unwrap());
            assert_eq!(facts.feature_shape(224, 224).unwrap(), small, "{name}");
            assert_eq!(facts.feature_shape(299, 299).unwrap(), large, "{name}");
            assert_eq!(facts.feature_shape(224, 299).unwrap(), [small[0], small[1], large[2]], "{name}");
            assert_eq!(facts.stride, 32, "{name}");
            let minimum = facts.minimum_size();
            assert_eq!(facts.feature_shape(minimum, minimum).unwrap()[1..], [1, 1], "{name}");
            assert!(minimum == 1 || facts.feature_shape(minimum - 1, 299).is_err(), "{name}");
            assert!(facts.feature_shape(-1, i64::MIN / 4).is_err(), "{name}");
        }
    }

    #[test]
    fn a_transformer_refuses_images_that_do_not_divide_into_patches() {
        let facts = Facts::of("vit_base_patch14_dinov2".parse().unwrap());
        assert_eq!(facts.feature_shape(224, 518).unwrap(), [768, 16, 37]);
        assert_eq!((facts.multiple(), facts.minimum_size()), (14, 14));
        assert!(matches!(facts.feature_shape(224, 299), Err(ImageSizeError::Patches { patch: 14, .. })));
    }

    /// Depths of Table 1 of the paper, which are those of MATLAB's list of pretrained networks: 19, 121 and 48. For
    /// Inception-ResNetV2 both print 164; its published layers have 176 on the longest path (5 + 3 in the stem, 10, 20 and 10
    /// blocks of 4, 3 + 3 in the reductions, one convolution and one dense layer after them).
    #[test]
    fn depths_are_those_of_table_1_but_for_one() {
        for (name, depth) in
            [("vgg19", 19), ("densenet121", 121), ("inception_v3", 48), ("inception_resnet_v2", 176)]
        {
            assert_eq!(Facts::of(name.parse().unwrap()).depth, depth, "{name}");
        }
        assert_eq!(Facts::of("resnet50".parse().unwrap()).depth, 50);
    }

    /// Multiply-adds as timm publishes them for each network (`GMACs` of its model pages): DINOv2 at 518 pixels,
    /// ConvNeXt-Tiny, ResNet50 and DenseNet121 at 224, the Inceptions at 299. They count some smaller operations, too.
    #[test]
    fn products_are_those_that_timm_publishes() {
        for (name, side, billions) in [
            ("resnet50", 224, 4.1),
            ("densenet121", 224, 2.9),
            ("convnext_tiny", 224, 4.5),
            ("inception_v3", 299, 5.7),
            ("inception_resnet_v2", 299, 13.2),
            ("vit_base_patch14_dinov2", 518, 151.7),
        ] {
            let products = Facts::of(name.parse().unwrap()).cost(side, side).unwrap().products as f64 / 1e9;
            assert!((products / billions - 1.0).abs() < 0.03, "{name}: {products} instead of {billions}");
        }
    }
}
