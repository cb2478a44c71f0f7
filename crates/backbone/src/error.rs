//! What can go wrong between a file of weights, an image and its feature map.

use radiograph_libtorch::DeviceError;
use radiograph_weights::{Architecture, WeightsError};

/// Why a backbone was not built, or gave no features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackboneError {
    /// A device that is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// libtorch refused a computation.
    #[error("libtorch: {reason}")]
    Libtorch {
        /// The first line of what it said.
        reason: String,
    },
    /// A lineage that no network has.
    #[error("lineage of {architecture}: {field} is {value}; {remedy}")]
    Lineage {
        /// Of which network.
        architecture: Architecture,
        /// The field.
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
        /// Which tensor.
        what: &'static str,
        /// In words and numbers.
        expected: String,
        /// What it is.
        found: Vec<i64>,
    },
    /// Tensors that are not those of the network: everything that is wrong with them.
    #[error("these are not the weights of {architecture}: {}", .faults.join(", "))]
    Tensors {
        /// The network.
        architecture: Architecture,
        /// One line for each tensor that is missing, unknown, misshapen, of another type or not finite.
        faults: Vec<String>,
    },
    /// A file that is not one of weights of this network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// An image that some layer would shrink to nothing.
    #[error("{architecture} needs images of at least {minimum} × {minimum} pixels, not {height} × {width}")]
    TooSmall {
        /// The network.
        architecture: Architecture,
        /// Rows of the image.
        height: i64,
        /// Columns of the image.
        width: i64,
        /// The shortest side that is enough.
        minimum: i64,
    },
}

impl From<tch::TchError> for BackboneError {
    fn from(error: tch::TchError) -> Self {
        Self::Libtorch { reason: radiograph_libtorch::first_line(&error) }
    }
}
