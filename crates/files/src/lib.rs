#![doc = include_str!("../README.md")]

mod content_hash;
mod lock;
mod platform;
mod user;
mod whole;

use std::{io, path::PathBuf};

pub use content_hash::{ContentHash, ContentHashing, NotAContentHash};
pub use lock::FileLock;
pub use platform::{make_private, read_exact_at};
pub use user::{cache_folder, onnx_runtime, settings_folder};
pub use whole::{create_folder, write_bytes, write_whole};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system refused to read the file.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The system refused to write the file, or its writer failed. The previous file of that name, if any, is
    /// unchanged.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
}
