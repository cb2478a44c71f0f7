//! The interface of feature-map sources, and a source in memory.

use radiograph_files::{ContentHash, ContentHashing};
use radiograph_protocol::FeatureShape;

use crate::Error;

/// The error of a reader of features.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Feature maps of one shape, numbered from 0. A second thread reads them while the first one trains.
pub trait Features: Sync {
    /// The shape of every map.
    fn shape(&self) -> FeatureShape;

    /// The number of maps.
    fn len(&self) -> usize;

    /// Whether there are no maps.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the image behind a map, for messages.
    fn name(&self, index: usize) -> String;

    /// Writes the maps at `indices`, all below [`Self::len`], one after the other into `into`, which has exactly the
    /// size needed: `[indices, C, H, W]`, row-major.
    ///
    /// # Errors
    ///
    /// Errors of the reader. The content of `into` is then undefined.
    fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError>;

    /// The shard of each map and its position in the shard. A reader of maps of one shard in the order of positions reads
    /// a disk in sequence. The default is one shard.
    ///
    /// # Errors
    ///
    /// Errors of the reader.
    fn places(&self) -> Result<Vec<(u32, u32)>, ReadError> {
        Ok((0..self.len() as u32).map(|position| (0, position)).collect())
    }

    /// A hash of all maps in order. Checkpoints and models record it, so a training cannot resume with other images
    /// under the same numbers.
    fn digest(&self) -> ContentHash;
}

/// Feature maps in memory.
#[derive(Clone, Debug)]
pub struct InMemory {
    shape: FeatureShape,
    values: Vec<f32>,
}

impl InMemory {
    /// Concatenated maps of this shape.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if `values` does not hold a whole number of maps.
    pub fn new(shape: FeatureShape, values: Vec<f32>) -> Result<Self, Error> {
        if shape.is_empty() || !values.len().is_multiple_of(shape.len()) {
            return Err(Error::Shape {
                what: "the array of features".into(),
                expected: format!("[N, {shape}]"),
                found: vec![values.len() as i64],
            });
        }
        Ok(Self { shape, values })
    }
}

impl Features for InMemory {
    fn shape(&self) -> FeatureShape {
        self.shape
    }

    fn len(&self) -> usize {
        self.values.len() / self.shape.len()
    }

    fn name(&self, index: usize) -> String {
        format!("sample {index}")
    }

    fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError> {
        let length = self.shape.len();
        for (&index, room) in indices.iter().zip(into.chunks_exact_mut(length)) {
            room.copy_from_slice(&self.values[index * length..][..length]);
        }
        Ok(())
    }

    fn digest(&self) -> ContentHash {
        let mut hashing = ContentHashing::new();
        for side in [self.shape.channels, self.shape.height, self.shape.width] {
            hashing.update(&side.to_le_bytes());
        }
        hashing.update(bytemuck::cast_slice(&self.values));
        hashing.finish()
    }
}
