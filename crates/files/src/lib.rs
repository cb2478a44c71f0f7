//! Writes files atomically, hashes their content, and finds the folders of the user.
//!
//! Everything that a run keeps (manifests, shards, checkpoints, reports) is written with [`write_whole`], so that a
//! killed program never leaves half a file under its final name. Images, weights and shards are identified by their
//! [`ContentHash`], never by name or time. The crate neither locks files nor defines formats: the crate that writes a
//! file defines its content.
//!
//! ```
//! use radiograph_files::{ContentHash, write_bytes};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("classes.txt");
//! write_bytes(&path, b"abc")?;
//! // The published test value of SHA-256 for "abc" (FIPS 180-2, appendix B.1).
//! let hash = ContentHash::of_file(&path)?;
//! assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
//! assert_eq!(hash, ContentHash::of_bytes(b"abc"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod content_hash;
mod lock;
mod user;
mod whole;

use std::{io, path::PathBuf};

pub use content_hash::{ContentHash, ContentHashing, NotAContentHash};
pub use lock::FileLock;
pub use user::{cache_folder, settings_folder};
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
