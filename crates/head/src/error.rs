//! What can go wrong between a feature map and a class.

use std::path::PathBuf;

use radiograph_files::FileError;

/// Why a head was not built, trained, kept or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer samples than one batch holds.
    #[error(
        "{samples} training samples do not fill one batch of {batch}; lower the batch to at most {samples}"
    )]
    BatchTooLarge {
        /// Samples for each step.
        batch: usize,
        /// Samples there are.
        samples: usize,
    },
    /// Class names that do not fit.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// A class that no training sample has cannot be learned.
    #[error("class {class:?} has no training sample; drop the class or add images of it")]
    ClassWithoutSample {
        /// Its name.
        class: String,
    },
    /// The reader of features failed.
    #[error("features of {samples} samples cannot be read: {source}")]
    Features {
        /// How many were asked for.
        samples: usize,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file whose content is not what its name or its record says.
    #[error("{} is damaged: {reason}; remove it, or take it from where it came", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A checkpoint or model that belongs to another run.
    #[error("{} has {field} {found}, but {expected} is asked for; use another folder, or the setting it was made with", path.display())]
    Foreign {
        /// The record.
        path: PathBuf,
        /// What differs.
        field: String,
        /// What is asked for.
        expected: String,
        /// What the record says.
        found: String,
    },
    /// libtorch refused a computation.
    #[error("libtorch: {reason}")]
    Libtorch {
        /// The first line of what it said.
        reason: String,
    },
    /// A sample that the feature reader does not have.
    #[error("sample {index} was asked for, but there are features of {count} samples, numbered from 0")]
    MissingSample {
        /// The position asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A loss that is not a number ends training.
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
        /// The sample, by the name that its reader gives it.
        sample: String,
        /// Where in its flattened map.
        position: usize,
        /// What stands there.
        value: f32,
    },
    /// A tensor of another shape than expected.
    #[error("{what} has shape {found:?}, expected {expected}")]
    Shape {
        /// Which tensor.
        what: String,
        /// In words and numbers.
        expected: String,
        /// What it is.
        found: Vec<i64>,
    },
    /// A setting that no run can have.
    #[error("{setting} is {value}; {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        remedy: &'static str,
    },
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
