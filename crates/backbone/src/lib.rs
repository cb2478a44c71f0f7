//! Computes feature maps of images with a frozen network and published weights.
//!
//! `radiograph-weights` describes each network once, as a graph of operations; this crate computes any such graph with
//! libtorch, also that of a network that a program registered. Tensors have the names of torchvision and timm. Every
//! backbone is built with a [`Lineage`](radiograph_weights::Lineage), which holds the facts that a file of weights leaves
//! open; a wrong one changes InceptionV3's features by a third. Each network exists in two [`Form`]s: as published, layer
//! by layer, and with layers merged and rearranged, which is faster.
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
//! let lineage = Lineage::keras(Architecture::INCEPTION_V3);
//! let backbone = Backbone::random(Architecture::INCEPTION_V3, 1, lineage, Device::CPU)?;
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
mod parameter;
mod plan;
mod program;
mod random;

pub use backbone::{Backbone, Options};
pub use error::BackboneError;
pub use form::Form;
pub use identity::Identity;
pub use radiograph_weights::{Facts, ImageSizeError};
