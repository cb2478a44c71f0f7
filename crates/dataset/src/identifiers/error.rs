//! Errors of reading and making the key of pseudonyms.

use std::{io, path::PathBuf};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file holds no key.
    #[error("{}: not a key of pseudonyms, which has 64 digits from 0 to 9 and a to f", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The environment names neither a home nor a folder for settings.
    #[error("neither HOME nor XDG_CONFIG_HOME says where the key of pseudonyms is to be kept")]
    NoFolder,
    /// The system gives no random bytes.
    #[error("no random bytes for a key of pseudonyms: {reason}")]
    Random {
        /// The system's reason.
        reason: String,
    },
    /// The file cannot be read.
    #[error("the key of pseudonyms {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the key of pseudonyms {} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
}
