//! Locks on files (`flock`). The system releases them when a process ends for any reason.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// A locked file, unlocked when dropped. The file stays: if it were removed, two processes could lock two files of the
/// same name.
///
/// Locks also work between values of one process.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Locks the file at `path` for this value alone; `None` if another value locks it. Creates the file if needed.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn try_exclusive(path: &Path) -> io::Result<Option<Self>> {
        let file = create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Like [`Self::try_exclusive`], but waits.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn exclusive(path: &Path) -> io::Result<Self> {
        let file = create(path)?;
        file.lock()?;
        Ok(Self(file))
    }

    /// Locks the file together with other sharers, and waits while another value locks it alone. Creates the file if
    /// needed and possible.
    ///
    /// # Errors
    ///
    /// Those of the system: [`io::ErrorKind::NotFound`] if there is no such file and none can be created.
    pub fn shared(path: &Path) -> io::Result<Self> {
        let file = create(path).or_else(|_| File::open(path))?;
        file.lock_shared()?;
        Ok(Self(file))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that another thread is just starting also has the file open, until `exec`.
        // If unlocking fails, the system releases the lock when its last holder ends.
        let _ = self.0.unlock();
    }
}

fn create(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_excludes_and_many_share() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let alone = FileLock::try_exclusive(&path).unwrap().unwrap();
        assert!(FileLock::try_exclusive(&path).unwrap().is_none());
        drop(alone);
        let sharers = [(); 2].map(|()| FileLock::shared(&path).unwrap());
        assert!(FileLock::try_exclusive(&path).unwrap().is_none());
        drop(sharers);
        drop(FileLock::exclusive(&path).unwrap());
    }

    /// A reader of a folder that it may not write shares a lock that others made.
    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_written_is_shared() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        fs::write(&path, b"").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let _shared = FileLock::shared(&path).unwrap();
        assert!(FileLock::try_exclusive(&path).is_err() || FileLock::try_exclusive(&path).unwrap().is_none());
        let absent = FileLock::shared(&folder.path().join("absent/.lock")).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }
}
