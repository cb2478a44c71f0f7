//! Errors of loading a network and of computing feature maps.

use radiograph_libtorch::DeviceError;
use radiograph_weights::{Architecture, ImageSizeError, WeightsError};

use crate::OnnxNetworkError;

/// An error of building a backbone or of computing features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackboneError {
    /// A missing device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// libtorch refused a computation.
    #[error("libtorch: {reason}")]
    Libtorch {
        /// First line of its message.
        reason: String,
    },
    /// An impossible lineage.
    #[error("lineage of {architecture}: {field} is {value}; {remedy}")]
    Lineage {
        /// Network.
        architecture: Architecture,
        /// Field.
        field: &'static str,
        /// Value of the field.
        value: String,
        /// Accepted values.
        remedy: &'static str,
    },
    /// A request for classes to a backbone without its classifier.
    #[error("this {architecture} has no classifier; load one that has it with `Options::classifier`")]
    NoClassifier {
        /// The network.
        architecture: Architecture,
    },
    /// A tensor of another shape than expected.
    #[error("{what} has shape {found:?}, expected {expected}")]
    Shape {
        /// Name of the tensor.
        what: &'static str,
        /// Expected shape.
        expected: String,
        /// Its shape.
        found: Vec<i64>,
    },
    /// Tensors that do not match the network, with a list of all faults.
    #[error("these are not the weights of {architecture}: {}", .faults.join(", "))]
    Tensors {
        /// The network.
        architecture: Architecture,
        /// One line for each tensor that is missing, unknown, misshapen, of another type or not finite.
        faults: Vec<String>,
    },
    /// A file that does not hold weights of this network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// An image of a size that the network cannot read.
    #[error(transparent)]
    ImageSize(#[from] ImageSizeError),
    /// A network from an ONNX file.
    #[error(transparent)]
    Onnx(#[from] OnnxNetworkError),
    /// A network whose description is faulty for a lineage.
    #[error("the description of {architecture} is faulty: {reason}")]
    Graph {
        /// Network.
        architecture: Architecture,
        /// First fault.
        reason: String,
    },
    /// A layer that the network does not have.
    #[error("{architecture} has no layer {name}; it has {}", .known.join(", "))]
    Layer {
        /// Network.
        architecture: Architecture,
        /// Name given.
        name: String,
        /// Names of its layers.
        known: Vec<String>,
    },
    /// An operation that this version does not compute.
    #[error("{architecture} has an operation `{operation}`, which this version does not compute")]
    Operation {
        /// Network.
        architecture: Architecture,
        /// The operation.
        operation: &'static str,
    },
}

impl From<tch::TchError> for BackboneError {
    fn from(error: tch::TchError) -> Self {
        Self::Libtorch { reason: radiograph_libtorch::first_line(&error) }
    }
}
