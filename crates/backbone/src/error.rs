//! What can go wrong in loading a network and in computing feature maps.

use radiograph_libtorch::DeviceError;
use radiograph_weights::{Architecture, TooSmall, WeightsError};

/// Why a backbone was not built, or gave no features.
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
        /// Its value.
        value: String,
        /// What it has to be.
        remedy: &'static str,
    },
    /// A backbone without its classifier was asked for classes.
    #[error("this {architecture} was loaded without its classifier; load it with `Options::classifier`")]
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
    /// Tensors that are not those of the network, with everything that is wrong.
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
    /// An image that some layer would shrink to nothing.
    #[error(transparent)]
    TooSmall(#[from] TooSmall),
}

impl From<tch::TchError> for BackboneError {
    fn from(error: tch::TchError) -> Self {
        Self::Libtorch { reason: radiograph_libtorch::first_line(&error) }
    }
}
