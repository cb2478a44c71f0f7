//! Where features come from. Not which of them are trained on.

use radiograph_files::{ContentHash, ContentHashing};

use crate::{Error, FeatureShape};

/// Why features could not be read: whatever the reader has to say.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Feature maps of one shape, numbered from 0 and read by number. Read from a second thread while the first one trains.
pub trait Features: Sync {
    /// The shape of every map.
    fn shape(&self) -> FeatureShape;

    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What people call the image behind a map, for messages.
    fn name(&self, index: usize) -> String;

    /// Writes the maps at `indices`, all below [`Self::len`], one after the other into `into`, which has room for exactly
    /// these: `[indices, C, H, W]`, row-major.
    ///
    /// # Errors
    ///
    /// The reader's own; what `into` holds is then undefined.
    fn read(&self, indices: &[usize], into: &mut [f32]) -> Result<(), ReadError>;

    /// Tells these maps from others: the same only if all of them are the same, in the same order. Kept with checkpoints and
    /// models, so that no training goes on with other images under the same numbers.
    fn digest(&self) -> ContentHash;
}

/// Feature maps that are in memory already.
#[derive(Clone, Debug)]
pub struct InMemory {
    shape: FeatureShape,
    values: Vec<f32>,
}

impl InMemory {
    /// Maps of this shape, one after the other.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if `values` does not end where a map ends.
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
