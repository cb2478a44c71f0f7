//! Errors of writing collections of phantoms.

use radiograph_files::FileError;

/// Why phantoms cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhantomError {
    /// The request cannot be met, or the folder is in use.
    #[error("phantoms: {reason}")]
    Refused {
        /// The reason, with a remedy.
        reason: String,
    },

    /// The operating system refuses a file.
    #[error(transparent)]
    Write(#[from] FileError),
}
