//! Weights on this machine: a file together with its record.

use std::path::{Path, PathBuf};

use radiograph_files::ContentHash;

use crate::{Architecture, Expected, StateFile, WeightsError, WeightsRecord};

/// A file of weights whose record is known.
///
/// ```no_run
/// use radiograph_weights::{Expected, Weights};
///
/// let weights = Weights::named("inception_v3")?;
/// let state = weights.open(&Expected::of(weights.record().architecture))?;
/// let first = state.take("Conv2d_1a_3x3.conv.weight")?;
/// # Ok::<(), radiograph_weights::WeightsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    path: PathBuf,
    record: WeightsRecord,
    sha256: ContentHash,
}

impl Weights {
    /// Sets the SHA-256 in the record to `sha256`.
    pub(crate) fn new(path: PathBuf, record: WeightsRecord, sha256: ContentHash) -> Self {
        Self { path, record: WeightsRecord { sha256: Some(sha256), ..record }, sha256 }
    }

    /// Takes a file that is not installed. Its record comes from the known weights with its content, or from its own
    /// metadata. The whole file is read and checked.
    ///
    /// # Errors
    ///
    /// Those of [`StateFile::open`], and [`WeightsError::Lineage`] if the lineage of the file is unknown.
    pub fn of_file(path: &Path, architecture: Architecture) -> Result<Self, WeightsError> {
        let state = StateFile::open(path, &Expected::of(architecture))?;
        let described = WeightsRecord::described(path, &architecture.into(), state.metadata())?;
        let record = WeightsRecord::of_content(state.sha256())
            .or(described)
            .ok_or_else(|| WeightsError::Lineage { path: path.to_owned() })?;
        Ok(Self::new(path.to_owned(), record, state.sha256()))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Record of the file.
    pub fn record(&self) -> &WeightsRecord {
        &self.record
    }

    /// SHA-256 of the file when it was installed or first read.
    pub fn sha256(&self) -> ContentHash {
        self.sha256
    }

    /// One line for reports: the name and what the weights were trained on.
    pub fn in_words(&self) -> String {
        let trained_on = self.record.trained_on.as_deref().unwrap_or("an unknown task");
        format!("{}, trained on {trained_on}, SHA-256 {}", self.record.name, self.sha256.short())
    }

    /// Opens the file, checks all of it, and refuses a changed content.
    ///
    /// # Errors
    ///
    /// Those of [`StateFile::open`], and [`WeightsError::Altered`].
    pub fn open(&self, expected: &[Expected]) -> Result<StateFile, WeightsError> {
        let state = StateFile::open(&self.path, expected)?;
        let (expected, found) = (self.sha256, state.sha256());
        if expected == found {
            return Ok(state);
        }
        Err(WeightsError::Altered { path: self.path.clone(), expected, found })
    }
}
