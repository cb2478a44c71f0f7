//! Errors of reading, checking and writing a manifest.

use std::path::PathBuf;

use radiograph_files::FileError;

use super::ManifestFault;
use crate::{RecordId, table::TableError};

/// Why a manifest cannot be read, made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The classes of the training and test images cannot be a set of classes.
    #[error("the classes of the training and test images: {0}")]
    Classes(#[from] radiograph_classes::Error),

    /// The table of files has no row for an image.
    #[error("{} has no row for {id}; the table belongs to another manifest", path.display())]
    NoFile {
        /// The image.
        id: RecordId,
        /// The table.
        path: PathBuf,
    },

    /// A row of the table of files is wrong.
    #[error("{}, line {row}: {fault}", path.display())]
    PrivateRow {
        /// The table.
        path: PathBuf,
        /// Line of the row; the header is line 1.
        row: u64,
        /// What is wrong with the row.
        fault: String,
    },

    /// A row is wrong.
    #[error("{}, line {row}: {fault}", path.display())]
    Row {
        /// The manifest.
        path: PathBuf,
        /// Line of the row; the header is line 1.
        row: u64,
        /// What is wrong with the row.
        fault: ManifestFault,
    },

    /// The file is no table, or the table lacks columns.
    #[error(transparent)]
    Table(#[from] TableError),

    /// Two rows have one id.
    #[error("two images are called {id}; ids are unique")]
    TwoRecords {
        /// The id.
        id: RecordId,
    },

    /// The manifest cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
}
