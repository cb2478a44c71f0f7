#![doc = include_str!("../README.md")]

mod backbone;
mod error;
pub mod extraction;
mod form;
mod identity;
mod layer;
mod network;
mod onnx;
mod onnx_error;
mod parameter;
mod plan;
mod program;
mod random;

pub use backbone::{Backbone, Options};
pub use error::BackboneError;
pub use form::Form;
pub use identity::Identity;
pub use network::Network;
pub use onnx::OnnxNetwork;
pub use onnx_error::OnnxNetworkError;
pub use radiograph_weights::{Facts, ImageSizeError};
