//! Settings that divide an extraction's work over a machine. They do not change what the features mean.

use std::thread;

use super::{ExtractionError, FrozenNetwork};

/// Settings of how an extraction uses a machine.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ExtractionSettings {
    /// Shape `[C, H, W]` of every decoded image.
    pub input: [usize; 3],
    /// Memory for the activations of a batch in bytes, for each CUDA device and each of the [`workers`](Self::workers).
    /// `None`: 512 MiB on the CPU, where small batches are fastest because they stay in the caches; 8 GiB on a CUDA
    /// device, out of the 12 GiB of half a Tesla K80.
    pub memory: Option<u64>,
    /// Batch size, regardless of memory. `None`: as many images as memory allows, rounded down to a power of two. A
    /// batch never holds more than 64 images or more than a shard.
    pub batch: Option<usize>,
    /// Number of batches that are computed at the same time on the CPU, each by one thread. `None`: libtorch's number
    /// of threads.
    pub workers: Option<usize>,
    /// Number of decoder threads. `None`: one for each core.
    pub decoders: Option<usize>,
}

impl ExtractionSettings {
    const CPU_MEMORY: u64 = 512 << 20;
    const CUDA_MEMORY: u64 = 8 << 30;

    /// The defaults for images of this `[C, H, W]`.
    pub fn new(input: [usize; 3]) -> Self {
        Self { input, memory: None, batch: None, workers: None, decoders: None }
    }

    /// The settings with this memory in bytes for each CUDA device and each worker.
    #[must_use]
    pub fn with_memory(self, bytes: u64) -> Self {
        Self { memory: Some(bytes), ..self }
    }

    /// The settings with this batch size.
    #[must_use]
    pub fn with_batch(self, images: usize) -> Self {
        Self { batch: Some(images), ..self }
    }

    /// The settings with this number of batches at the same time on the CPU.
    #[must_use]
    pub fn with_workers(self, threads: usize) -> Self {
        Self { workers: Some(threads), ..self }
    }

    /// The settings with this number of decoder threads.
    #[must_use]
    pub fn with_decoders(self, threads: usize) -> Self {
        Self { decoders: Some(threads), ..self }
    }

    pub(super) fn check(&self) -> Result<(), ExtractionError> {
        let refuse = |setting, remedy| Err(ExtractionError::Setting { setting, remedy });
        let pixels = self.input.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        if !pixels.is_some_and(|pixels| (1..=1 << 28).contains(&pixels)) {
            return refuse("input", "give sides above 0 and at most 2^28 values");
        }
        if self.batch == Some(0) {
            return refuse("batch", "give at least one image");
        }
        for (setting, threads) in [("workers", self.workers), ("decoders", self.decoders)] {
            if threads.is_some_and(|threads| !(1..=1024).contains(&threads)) {
                return refuse(setting, "give 1 to 1024 threads");
            }
        }
        Ok(())
    }

    /// Batch size. It is the same for all devices, because they share one list of batches.
    pub(super) fn batch_size<N: FrozenNetwork>(&self, networks: &[N], features_per_shard: usize) -> usize {
        let [_, height, width] = self.input;
        let of_network = |network: &N| {
            let memory = self.memory.unwrap_or(match network.device().is_cuda() {
                true => Self::CUDA_MEMORY,
                false => Self::CPU_MEMORY,
            });
            let images = memory / network.memory_per_image(height, width).max(1);
            // Rounded down to a power of two.
            images.checked_ilog2().map_or(1, |power| 1_usize << power.min(16))
        };
        let batch = self.batch.or_else(|| networks.iter().map(of_network).min()).unwrap_or(1);
        // Batches do not grow with the shards of long lists.
        batch.clamp(1, features_per_shard.min(64))
    }

    pub(super) fn decoder_threads(&self) -> usize {
        self.decoders.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    }
}

#[cfg(test)]
mod tests {
    use radiograph_libtorch::Device;
    use tch::Tensor;

    use super::*;
    use crate::BackboneError;

    struct Sized(u64);

    impl FrozenNetwork for Sized {
        fn forward_features(&self, images: &Tensor) -> Result<Tensor, BackboneError> {
            Ok(images.shallow_clone())
        }

        fn device(&self) -> Device {
            Device::CPU
        }

        fn memory_per_image(&self, _: usize, _: usize) -> u64 {
            self.0
        }
    }

    #[test]
    fn the_batch_is_what_fits_into_memory_and_into_a_shard() {
        let batch = |memory, per_image, shard| {
            let settings = ExtractionSettings::new([3, 8, 8]).with_memory(memory);
            settings.batch_size(&[Sized(per_image)], shard)
        };
        assert_eq!(batch(1000, 100, 64), 8);
        assert_eq!(batch(1000, 10, 64), 64);
        assert_eq!(batch(1000, 10, 42), 42);
        assert_eq!(batch(1000, 5000, 64), 1);
        assert_eq!(batch(u64::MAX, 0, 64), 64);
        let two = [Sized(10), Sized(300)];
        assert_eq!(ExtractionSettings::new([3, 8, 8]).with_memory(1000).batch_size(&two, 64), 2);
        assert_eq!(ExtractionSettings::new([3, 8, 8]).with_batch(5).batch_size(&two, 64), 5);
    }

    #[test]
    fn settings_that_no_extraction_can_have_are_named() {
        let plain = ExtractionSettings::new([3, 8, 8]);
        assert!(plain.check().is_ok());
        let bad = [
            (ExtractionSettings::new([3, 0, 8]), "input"),
            (ExtractionSettings::new([3, usize::MAX, 8]), "input"),
            (plain.clone().with_batch(0), "batch"),
            (plain.clone().with_decoders(0), "decoders"),
            (plain.clone().with_workers(0), "workers"),
        ];
        for (settings, named) in bad {
            let error = settings.check().unwrap_err();
            assert!(matches!(error, ExtractionError::Setting { setting, .. } if setting == named), "{error}");
        }
    }
}
