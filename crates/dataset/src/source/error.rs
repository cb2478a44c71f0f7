//! Errors of a collection as a whole. A bad row or file is an [`Exclusion`](crate::Exclusion) instead and does not end the
//! reading.

use std::{io, path::PathBuf};

use super::description_error::DescriptionError;
use crate::table::TableError;

/// Why a collection cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Two collections have one name, so their records would have the same ids.
    #[error("two collections are named {name:?}; give each folder its own source name")]
    Duplicate {
        /// The name.
        name: String,
    },

    /// The description of a collection cannot be used.
    #[error(transparent)]
    Description(#[from] DescriptionError),

    /// The collection's folder is not there, or is not a folder.
    #[error("{}: not a folder; give the folder that holds the collection", path.display())]
    Folder {
        /// The path given.
        path: PathBuf,
    },

    /// A metadata file is not there.
    #[error("{}: no such file; {layout}", path.display())]
    NoMetadata {
        /// The metadata file.
        path: PathBuf,
        /// Layout of the collection.
        layout: &'static str,
    },

    /// A metadata file is a folder, a device or something else that is not a plain file inside the collection.
    #[error("{}: not a plain file inside the collection's folder; put the published table there", path.display())]
    NotAFile {
        /// The metadata file.
        path: PathBuf,
    },

    /// The operating system refuses a file or folder.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A table of the collection cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),

    /// The folder holds more files than the limit.
    #[error("{}: more than {limit} files; give a folder of one collection", path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// Maximum number of files.
        limit: usize,
    },
}
