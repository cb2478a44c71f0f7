//! Errors of a training's description, and of records of trainings.

use std::path::PathBuf;

use radiograph_features::FeatureError;
use radiograph_files::FileError;

/// Why a description was refused or a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// Class names that do not fit.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
    /// A record whose content is impossible.
    #[error("{} is damaged: {reason}; restore it from a copy, or train in another folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Fault that was found.
        reason: String,
    },
    /// A feature store that cannot be read.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record of another training.
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
    /// An unknown name, such as that of a preset.
    #[error("`{name}` is not a known {what}; known: {known}")]
    UnknownName {
        /// Kind of the name, such as `preset`.
        what: &'static str,
        /// Name that was given.
        name: String,
        /// All known names, separated by commas.
        known: String,
    },
}

impl ProtocolError {
    pub(crate) fn setting(
        setting: &'static str,
        value: impl std::fmt::Display,
        remedy: &'static str,
    ) -> Self {
        Self::Setting { setting, value: value.to_string(), remedy }
    }

    pub(crate) fn unknown(what: &'static str, name: &str, known: &[&str]) -> Self {
        Self::UnknownName { what, name: name.chars().take(80).collect(), known: known.join(", ") }
    }
}
