//! Computes the last feature maps of images with one of four frozen convolutional networks and published weights.
//!
//! VGG19, DenseNet121, InceptionV3 and Inception-ResNetV2 are plain structs whose tensors have the names of torchvision
//! and timm. Every backbone is built with a [`Lineage`](radiograph_weights::Lineage), which holds the facts that a file
//! of weights leaves open; a wrong one changes InceptionV3's features by a third. Each network exists in two [`Form`]s:
//! as published, layer by layer, and with batch normalisation folded into convolutions, which is faster.
//!
//! [`extraction`] passes many images through one or several networks into a feature store, each image once.
//!
//! This crate does not decode or normalise images (`radiograph-dataset` does), fetch weights or train anything.
//!
//! ```no_run
//! use radiograph_backbone::Backbone;
//! use radiograph_libtorch::Device;
//! use radiograph_weights::{Architecture, Lineage};
//!
//! let lineage = Lineage::keras(Architecture::InceptionV3);
//! let backbone = Backbone::random(Architecture::InceptionV3, 1, lineage, Device::CPU)?;
//! let images = tch::Tensor::zeros([2, 3, 224, 224], tch::kind::FLOAT_CPU);
//! assert_eq!(backbone.forward_features(&images)?.size(), [2, 2048, 5, 5]);
//! # Ok::<(), radiograph_backbone::BackboneError>(())
//! ```

mod backbone;
mod error;
pub mod extraction;
mod form;
mod identity;
mod layer;
mod network;
mod parameter;
mod random;
mod source;

pub use backbone::{Backbone, Options};
pub use error::BackboneError;
pub use form::Form;
pub use identity::Identity;
pub use radiograph_weights::{Facts, TooSmall, Window};
