//! Locks the folder of a training, so that no two processes write to it.

use std::path::{Path, PathBuf};

use radiograph_files::{FileError, FileLock, create_folder};

use crate::Error;

/// A folder in which only this value's owner trains, until the value is dropped.
#[derive(Debug)]
pub(crate) struct LockedFolder {
    path: PathBuf,
    _lock: FileLock,
}

impl LockedFolder {
    /// Locks the folder of one training. Creates it if needed.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if it is locked.
    pub(crate) fn of_training(path: &Path) -> Result<Self, Error> {
        Self::take(path, ".training.lock")
    }

    /// Locks the folder of a protocol, which may also be that of its refit.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if it is locked.
    pub(crate) fn of_protocol(path: &Path) -> Result<Self, Error> {
        Self::take(path, ".protocol.lock")
    }

    fn take(path: &Path, name: &str) -> Result<Self, Error> {
        create_folder(path)?;
        let file = path.join(name);
        match FileLock::try_exclusive(&file) {
            Ok(Some(lock)) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Ok(None) => Err(Error::Busy { folder: path.to_owned() }),
            Err(source) => Err(FileError::Write { path: file, source }.into()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
