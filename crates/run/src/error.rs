//! Errors of a run. Each message tells what is wrong and where, with one remedy.

use std::path::PathBuf;

use radiograph_dataset::{
    DatasetError, IdError, certificate::CertificateError, identifiers::KeyError, manifest::ManifestError,
    source::SourceError,
};
use radiograph_features::FeatureError;
use radiograph_files::FileError;
use radiograph_weights::WeightsError;

use crate::{PlanError, Stage};

/// Error of a run. Errors of the crates below are included unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting in a config or on a command line is wrong.
    #[error("setting {key}: {reason}")]
    Config {
        /// Key of the setting, such as `training.epochs`.
        key: String,
        /// The fault, and the allowed values.
        reason: String,
    },
    /// The folder holds no run.
    #[error("`{}` is not a run folder: it has no config.toml", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// The run folder holds a run with other settings.
    #[error(
        "{} holds a run with {key} = {found}, not {expected}; use another folder, or the settings in its config.toml",
        path.display()
    )]
    OtherRun {
        /// The run folder.
        path: PathBuf,
        /// First setting that differs.
        key: String,
        /// Requested value.
        expected: String,
        /// Value in the folder's config.toml.
        found: String,
    },
    /// The key of pseudonyms cannot be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Another process works in the run folder.
    #[error("{} is in use by another process; wait for it, or use another folder", path.display())]
    Busy {
        /// The run folder.
        path: PathBuf,
    },
    /// A file of the run folder does not have the expected content.
    #[error("{} cannot be read as a file of this run: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// A file that an earlier stage writes is missing.
    #[error("{} is missing; the stage `{stage}` writes it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Stage that writes it.
        stage: Stage,
    },
    /// A file is not the one that a stage wrote.
    #[error("{} was changed after the stage `{stage}` wrote it; that stage writes it anew", path.display())]
    Edited {
        /// The file.
        path: PathBuf,
        /// Stage that wrote it.
        stage: Stage,
    },
    /// Plans and tasks.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The watcher asked the run to stop.
    #[error("interrupted in the stage `{stage}`; the same command continues from here")]
    Interrupted {
        /// Stage that was running.
        stage: Stage,
    },
    /// A class has no image in a part of the split.
    #[error("class {class} has no image in {part}; add images of it, or drop the class from data.classes")]
    EmptyClass {
        /// The class.
        class: String,
        /// The part.
        part: String,
    },
    /// No image is left to work with.
    #[error("no image is left to work with: {reason}")]
    NoImage {
        /// Reason.
        reason: String,
    },
    /// Collections, manifests and certificates.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Feature stores.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// Weights of frozen networks.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Heads, trainings and their records.
    #[error(transparent)]
    Protocol(#[from] radiograph_protocol::ProtocolError),
    /// Linear probes.
    #[error(transparent)]
    Probe(#[from] radiograph_probe::Error),
    /// Audits for shortcuts.
    #[error(transparent)]
    Audit(#[from] radiograph_audit::Error),
    /// Scores.
    #[error(transparent)]
    Metrics(#[from] radiograph_metrics::Error),
    /// The report.
    #[error(transparent)]
    Report(#[from] radiograph_report::Error),
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// Class names.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
}

/// Conversions of the errors of single assembly steps.
macro_rules! from_dataset {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Dataset(error.into())
            }
        })+
    };
}
from_dataset!(CertificateError, IdError, ManifestError, SourceError);

impl Error {
    /// A wrong setting.
    pub fn config(key: &str, reason: impl Into<String>) -> Self {
        Self::Config { key: key.to_owned(), reason: reason.into() }
    }

    /// A file of the run folder that cannot be read.
    pub fn damaged(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.into(), reason: reason.to_string() }
    }
}
