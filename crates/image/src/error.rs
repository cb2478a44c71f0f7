//! Errors of reading, decoding and preparing images. [`Undecodable`] says what is wrong with a file's content.

use std::{io, path::PathBuf};

use crate::Undecodable;

/// Why an image cannot be used, or a request about images cannot be met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The operating system refuses the file.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// The content of the file does not become a picture.
    #[error("{}: {reason}", path.display())]
    Undecodable {
        /// The image file.
        path: PathBuf,
        /// What is wrong with its content.
        reason: Undecodable,
    },

    /// A setting of preprocessing is out of its range.
    #[error("preprocessing: `{field}` is out of its range; {remedy}")]
    Preprocess {
        /// The setting.
        field: &'static str,
        /// The values that it may have.
        remedy: &'static str,
    },

    /// A pool of threads cannot be started.
    #[error("{threads} threads cannot be started: {reason}")]
    Threads {
        /// Number of threads asked for.
        threads: usize,
        /// The system's reason.
        reason: String,
    },
}
