//! Errors of reading a certificate.

use std::{io, path::PathBuf};

/// Why a certificate cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The text was changed after it was written.
    #[error("{}: edited after it was written; restore it, or assemble the data again", path.display())]
    Edited {
        /// The certificate.
        path: PathBuf,
    },

    /// The file is no certificate of this version.
    #[error("{}: {reason}; assemble the data again", path.display())]
    Invalid {
        /// The certificate.
        path: PathBuf,
        /// What is wrong with its content.
        reason: String,
    },

    /// The operating system refuses the file.
    #[error("{}: {source}", path.display())]
    Read {
        /// The certificate.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}
