//! Frozen networks that ONNX Runtime computes on the processor, from ONNX files.
//!
//! The rest of the crate computes graphs that are described in this project; here, the file is all that is known.

#[cfg(feature = "onnx")]
mod engine;
mod network;
#[cfg(not(feature = "onnx"))]
mod no_engine;

pub use network::OnnxNetwork;
