//! Writes frozen networks as ONNX files, with their weights.
//!
//! [`Export`] translates the graph by which `radiograph-weights` describes a network, so no network is described again
//! here. The file holds the tensors of the weights file, bit for bit, and the network as published: a runtime merges
//! normalisations into convolutions when it loads the file. It has one input, of any number of images of one size, and
//! one output for each map. On request, resizing and normalisation are inside.
//!
//! Files use version 20 of ONNX's operators, which ONNX Runtime 1.17 and later compute. This crate computes nothing, and
//! links neither libtorch nor ONNX Runtime.
//!
//! ```
//! use radiograph_onnx::{Export, Input};
//! use radiograph_weights::{
//!     Architecture, Family, Lineage, NetworkDefinition, graph::Window,
//! };
//! # use radiograph_input::Normalisation;
//!
//! static TINY: NetworkDefinition = NetworkDefinition {
//!     name: "tiny",
//!     title: "Tiny",
//!     input_channels: 1,
//!     native_size: 8,
//!     micro_batch: 1,
//!     families: &[Family {
//!         name: "none",
//!         lineage: Lineage::with_epsilon(1e-5),
//!         normalisation: Normalisation::Xrv,
//!     }],
//!     features: |network, _| {
//!         let map = network.convolution(network.image(), "conv", 2, Window::square(2, 2, 0));
//!         network.layer("last", map);
//!         map
//!     },
//!     classifier: None,
//!     auxiliary: None,
//!     published: &[],
//! };
//! let tiny = Architecture::register(&TINY)?;
//!
//! let export = Export::new(tiny, tiny.lineage(), [8, 8]);
//! let file = export.bytes(|_| Ok(vec![0.25; 8]))?;
//! assert!(file.windows(11).any(|bytes| bytes == b"conv.weight"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod export;
mod film;
mod operation;
mod proto;
#[cfg(test)]
mod tests;
mod writer;

pub use self::{
    error::OnnxError,
    export::{Export, Input},
};
