//! The error of making or checking a whole data set. It wraps the errors of the steps.

use std::path::PathBuf;

use radiograph_files::FileError;
use radiograph_same_picture::SamePictureError;

use crate::{
    IdError, balance::BalanceError, certificate::CertificateError, group::NoSuchImage,
    manifest::ManifestError, source::SourceError, split::SplitError,
};

/// Why a data set cannot be made or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Images cannot be chosen as asked.
    #[error(transparent)]
    Balance(#[from] BalanceError),

    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),

    /// A text is no id or no name of a collection.
    #[error(transparent)]
    Id(#[from] IdError),

    /// A manifest cannot be read, made or written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),

    /// A pair names an image that is not there.
    #[error(transparent)]
    NoSuchImage(#[from] NoSuchImage),

    /// An image lies outside the folder that a manifest is made for, or its path is not Unicode.
    #[error("{}: not below {}, or a name that is not Unicode; give a folder that holds all collections", path.display(), folder.display())]
    OutsideFolder {
        /// The image.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },

    /// The search for same pictures cannot be made.
    #[error(transparent)]
    SamePicture(#[from] SamePictureError),

    /// A collection cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),

    /// Images cannot be split as asked.
    #[error(transparent)]
    Split(#[from] SplitError),

    /// A pool of threads cannot be started.
    #[error("{threads} threads cannot be started: {reason}")]
    Threads {
        /// Number of threads asked for.
        threads: usize,
        /// The system's reason.
        reason: String,
    },

    /// A result cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
}
