//! What ends an extraction. Not what is wrong with single images.

use radiograph_features::FeatureError;
use radiograph_libtorch::Device;

use crate::BackboneError;

/// Why an extraction ended before its time. What was stored until then stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractionError {
    /// The store refused: another key, a full disk, another writer.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A single image is too much for a device.
    #[error(
        "{device} has no memory for a single image: {reason}; close other programs, or use another device"
    )]
    Memory {
        /// The device.
        device: Device,
        /// What libtorch said.
        reason: String,
    },
    /// A network failed for another reason than memory.
    #[error("the network on {device} failed: {source}")]
    Network {
        /// The device.
        device: Device,
        /// What it said.
        source: Box<BackboneError>,
    },
    /// Networks that could not be loaded.
    #[error(transparent)]
    Load(Box<BackboneError>),
    /// Features of another shape than the store's.
    #[error(
        "the network on {device} gives {found:?} for a batch, and the store holds {expected:?}; describe the store as the network is"
    )]
    Shape {
        /// The device.
        device: Device,
        /// `[N, C, H, W]` that the store needs.
        expected: Vec<i64>,
        /// What the network gave.
        found: Vec<i64>,
    },
    /// A setting that no extraction can have.
    #[error("{setting}: {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it has to be.
        remedy: &'static str,
    },
}
