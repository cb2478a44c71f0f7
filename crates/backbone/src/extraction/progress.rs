//! Progress events of a running extraction, and its final report.

use std::time::Duration;

use radiograph_libtorch::Device;

use super::Failure;

/// Progress of a running extraction. `Started` is reported on the thread that runs it, all other events on the writing
/// thread.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// The plan is made and the networks are loaded.
    Started {
        /// Number of features to compute.
        features: usize,
        /// Number of features of this process's part that are already in the store.
        present: usize,
        /// Batch size.
        batch: usize,
    },
    /// A batch has passed through a network.
    Computed {
        /// Number of features that were computed.
        features: usize,
    },
    /// An image is left out.
    Failed(&'e Failure),
    /// Memory ran out on a device. It continues with fewer images in a pass.
    BatchHalved {
        /// The device.
        device: Device,
        /// Number of images in a pass from now on.
        batch: usize,
    },
    /// A shard is on the disk.
    Stored {
        /// Number of feature maps in it.
        features: usize,
    },
}

/// Report of an extraction.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ExtractionReport {
    /// Number of features that were computed and stored.
    pub extracted: usize,
    /// Number of features of this process's part that were already in the store.
    pub present: usize,
    /// Number of features that belong to other processes' parts.
    pub elsewhere: usize,
    /// Number of inputs that repeat a feature, such as the same image in two collections.
    pub repeated: usize,
    /// Images that were left out, in order of occurrence.
    pub failures: Vec<Failure>,
    /// Batch size; 0 if there was nothing to do.
    pub batch: usize,
    /// Final number of images in a pass for each device; less than the batch size if memory ran out.
    pub devices: Vec<(Device, usize)>,
    /// Whether the run was stopped early.
    pub stopped: bool,
    /// Time from the first image read to the last shard written. Loading the networks is not included.
    pub duration: Duration,
}
