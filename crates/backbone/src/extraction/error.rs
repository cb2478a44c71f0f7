//! Errors that end an extraction. Faults of single images are in `failure`.

use radiograph_features::FeatureError;
use radiograph_libtorch::Device;

use crate::BackboneError;

/// An error that ends an extraction early. Shards stored before it stay, and the next run continues from them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractionError {
    /// An error of the store, such as another key, a full disk or another writer.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A device whose memory does not hold a single image.
    #[error(
        "{device} has no memory for a single image: {reason}; close other programs, or use another device"
    )]
    Memory {
        /// The device.
        device: Device,
        /// Message of libtorch.
        reason: String,
    },
    /// An error of a network that is not about memory.
    #[error("the network on {device} failed: {source}")]
    Network {
        /// The device.
        device: Device,
        /// Error of the network.
        source: Box<BackboneError>,
    },
    /// Networks that could not be loaded.
    #[error(transparent)]
    Load(Box<BackboneError>),
    /// Features of another shape than the store's.
    #[error(
        "the network on {device} gives {found:?} for a batch, but the store needs {expected:?}; open a store with the network's shape"
    )]
    Shape {
        /// The device.
        device: Device,
        /// Shape `[N, C, H, W]` that the store needs.
        expected: Vec<i64>,
        /// Shape that the network gave.
        found: Vec<i64>,
    },
    /// A setting out of its range.
    #[error("{setting}: {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Accepted values.
        remedy: &'static str,
    },
}
