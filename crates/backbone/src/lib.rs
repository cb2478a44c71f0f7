//! Four frozen convolutional networks, exact to the weights that others published: a batch of images goes in, the last
//! feature map comes out.
//!
//! VGG19, DenseNet121, InceptionV3 and Inception-ResNetV2 are plain structs whose tensors have the names that torchvision
//! and timm give them. What a file of weights leaves open, and what changes the features by a third if it is guessed
//! wrongly, is a [`Lineage`](radiograph_weights::Lineage) that every backbone is built with. The same network exists in
//! two [`Form`]s: as it was published, layer by layer, and with batch normalisation folded into convolutions, which
//! computes the same faster.
//!
//! [`extraction`] passes many images through one or several of them into a feature store, each image once.
//!
//! Not here: decoding and normalising images (`radiograph-dataset`), where weights come from, and anything that is trained.
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
