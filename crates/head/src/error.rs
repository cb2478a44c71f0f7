//! Errors of building, training, saving and loading a head.

use std::path::PathBuf;

use radiograph_files::FileError;
use radiograph_protocol::ProtocolError;

/// An error of building, training, saving or loading a head.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer training samples than one batch.
    #[error(
        "{samples} training samples do not fill one batch of {batch}; lower the batch to at most {samples}"
    )]
    BatchTooLarge {
        /// Batch size.
        batch: usize,
        /// Number of training samples.
        samples: usize,
    },
    /// A folder in which another training runs.
    #[error("another training runs in {}; wait until it ends, or train in another folder", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Class names that do not fit.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// A class without training samples.
    #[error("class {class:?} has no training sample; drop the class or add images of it")]
    ClassWithoutSample {
        /// Its name.
        class: String,
    },
    /// The reader of features failed.
    #[error("features of {samples} samples cannot be read: {source}")]
    Features {
        /// Number of samples requested.
        samples: usize,
        /// Error of the reader.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file whose content does not match its name or its record.
    #[error("{} is damaged: {reason}; restore it from a copy, or train in another folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Fault that was found.
        reason: String,
    },
    /// A checkpoint or model that belongs to another run.
    #[error("{} has {field} {found}, but {expected} is asked for; use another folder, or the setting it was made with", path.display())]
    Foreign {
        /// The record.
        path: PathBuf,
        /// Field that differs.
        field: String,
        /// Value requested.
        expected: String,
        /// Value in the record.
        found: String,
    },
    /// libtorch refused a computation.
    #[error("libtorch: {reason}")]
    Libtorch {
        /// First line of its message.
        reason: String,
    },
    /// A sample without features.
    #[error("sample {index} was asked for, but there are features of {count} samples, numbered from 0")]
    MissingSample {
        /// Position requested.
        index: usize,
        /// Number of samples.
        count: usize,
    },
    /// A loss or weight became infinite or NaN.
    #[error(
        "the {what} became {value} in epoch {epoch}, step {step}; lower the learning rate or clip gradients \
         (the last checkpoint is kept)"
    )]
    NotFinite {
        /// `loss`, `validation loss` or `sum of a weight tensor`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The epoch, from 1.
        epoch: usize,
        /// The step within it, from 1.
        step: usize,
    },
    /// A feature that is not a finite number.
    #[error("the features of {sample} hold {value} at position {position}; extract them again")]
    NotFiniteFeature {
        /// Name of the sample.
        sample: String,
        /// Position in its flattened map.
        position: usize,
        /// Value there.
        value: f32,
    },
    /// A tensor of another shape than expected.
    #[error("{what} has shape {found:?}, expected {expected}")]
    Shape {
        /// Name of the tensor.
        what: String,
        /// Expected shape.
        expected: String,
        /// Its shape.
        found: Vec<i64>,
    },
    /// An error of a training's description or of a record that has no variant of its own here.
    #[error(transparent)]
    Protocol(ProtocolError),
    /// A setting out of its range.
    #[error("{setting} is {value}; {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: String,
        /// Accepted values.
        remedy: &'static str,
    },
}

/// Errors that both crates have keep their variant here, so that a caller needs to match only one.
impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Classes(error) => Self::Classes(error),
            ProtocolError::Damaged { path, reason } => Self::Damaged { path, reason },
            ProtocolError::File(error) => Self::File(error),
            ProtocolError::Foreign { path, field, expected, found } => {
                Self::Foreign { path, field, expected, found }
            }
            ProtocolError::Setting { setting, value, remedy } => Self::Setting { setting, value, remedy },
            other => Self::Protocol(other),
        }
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        Self::Libtorch { reason: radiograph_libtorch::first_line(&error) }
    }
}

impl Error {
    pub(crate) fn setting(
        setting: &'static str,
        value: impl std::fmt::Display,
        remedy: &'static str,
    ) -> Self {
        Self::Setting { setting, value: value.to_string(), remedy }
    }
}
