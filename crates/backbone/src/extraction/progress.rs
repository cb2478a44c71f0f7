//! What an extraction tells while it runs, and what it did.

use std::time::Duration;

use radiograph_libtorch::Device;

use super::Failure;

/// News from a running extraction. `Started` is told on the thread that runs it, everything else on the one that writes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// The plan is made and the networks are loaded.
    Started {
        /// Features to make.
        features: usize,
        /// Features of this share that are in the store already.
        present: usize,
        /// Images in a batch.
        batch: usize,
    },
    /// A batch has passed through a network.
    Computed {
        /// Features that came out of it.
        features: usize,
    },
    /// An image is left out.
    Failed(&'e Failure),
    /// Memory ran out on a device; it goes on with fewer images at once.
    BatchHalved {
        /// The device.
        device: Device,
        /// Images it takes at once from now on.
        batch: usize,
    },
    /// A shard is on the disk.
    Stored {
        /// Feature maps in it.
        features: usize,
    },
}

/// What an extraction did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ExtractionReport {
    /// Features that were made and stored.
    pub extracted: usize,
    /// Features of this share that were in the store already.
    pub present: usize,
    /// Features that other shares have to make, or have made.
    pub elsewhere: usize,
    /// Inputs that name a feature again, such as the same image in two collections.
    pub repeated: usize,
    /// Images that were left out, in the order in which they were met.
    pub failures: Vec<Failure>,
    /// Images in a batch; 0 if there was nothing to do.
    pub batch: usize,
    /// Images that each device took at once in the end, less than a batch where memory ran out.
    pub devices: Vec<(Device, usize)>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Time from the first image read to the last shard written, without the loading of networks.
    pub duration: Duration,
}
