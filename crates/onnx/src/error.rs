//! Why a network cannot be written.

use radiograph_files::FileError;
use radiograph_input::Filter;
use radiograph_weights::{
    Architecture, WeightsError,
    graph::{GraphError, UnfitImage},
};

/// Why a network cannot be written as an ONNX file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A filter that ONNX does not have.
    #[error("ONNX cannot resize with the filter {}; resize before, or choose bilinear, bicubic or nearest", .0.name())]
    Filter(Filter),
    /// Operations that are no graph for this lineage.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Images that the network cannot read.
    #[error("{architecture}: {source}")]
    Image {
        /// Network.
        architecture: Architecture,
        /// What is wrong with their size.
        source: UnfitImage,
    },
    /// A layer that the network does not have.
    #[error("{architecture} has no layer {layer}; it has {}", known.join(", "))]
    Layer {
        /// Network.
        architecture: Architecture,
        /// Name asked for.
        layer: String,
        /// Names of its layers.
        known: Vec<String>,
    },
    /// A name that stands for two values.
    #[error("the name {name} stands for two values of the network; give one of them another name")]
    Name {
        /// The name.
        name: String,
    },
    /// An operation that this version does not write.
    #[error("{architecture} has an operation that cannot be written as ONNX: {operation}")]
    Operation {
        /// Network.
        architecture: Architecture,
        /// Kind of the operation.
        operation: &'static str,
    },
    /// More bytes than a protobuf message may have.
    #[error("{architecture} takes {bytes} bytes, and an ONNX file may have {}", i32::MAX)]
    TooLarge {
        /// Network.
        architecture: Architecture,
        /// Bytes that it takes.
        bytes: usize,
    },
    /// A tensor of another length.
    #[error("{tensor} has {found} values instead of {expected}")]
    Values {
        /// Name of the tensor.
        tensor: String,
        /// Number of values that the network needs.
        expected: usize,
        /// Number of values given.
        found: usize,
    },
    /// Weights that cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
