//! Creates and locks folders in the user's cache, which several checkouts share.
//!
//! The modules that fill the folders define their content.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use radiograph_files::cache_folder;

use crate::error::Error;

/// The user's cache folder ([`cache_folder`]).
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache of this user.
    ///
    /// # Errors
    /// If the environment does not define its place.
    pub(crate) fn of_user() -> Result<Self, Error> {
        Ok(Self::at(cache_folder().ok_or(Error::NoCacheHome)?))
    }

    /// A cache in this folder, which may not exist yet.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// A folder of the cache; it is created if it does not exist.
    ///
    /// # Errors
    /// [`Error::CacheUnwritable`] if it cannot be created.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).map_err(|source| unwritable(&folder, source))?;
        Ok(folder)
    }

    /// Waits for the lock of this name and holds it until the returned value is dropped. The lock of a process that
    /// dies is released.
    ///
    /// # Errors
    /// [`Error::CacheUnwritable`] if the lock file cannot be created.
    pub(crate) fn lock(&self, folder: &str, name: &str, waiting: impl FnOnce()) -> Result<File, Error> {
        let path = self.folder(folder)?.join(format!("{name}.lock"));
        let refuse = |source: io::Error| unwritable(path.parent().unwrap_or(&path), source);
        let file = File::options().create(true).append(true).open(&path).map_err(refuse)?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => waiting(),
            Err(TryLockError::Error(source)) => return Err(refuse(source)),
        }
        file.lock().map_err(refuse)?;
        Ok(file)
    }
}

fn unwritable(folder: &Path, source: io::Error) -> Error {
    Error::CacheUnwritable { folder: folder.to_owned(), source }
}

/// Removes a file or a whole folder; a missing one is not an error.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Io { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_folder_that_cannot_be_made_names_the_remedy() {
        let error = Cache::at(PathBuf::from("/proc/radiograph")).folder("libtorch").unwrap_err().to_string();
        assert!(error.contains("/proc/radiograph") && error.contains("XDG_CACHE_HOME"), "{error}");
    }

    #[test]
    fn the_second_lock_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        let first = cache.lock("libtorch", "cpu", || panic!("nobody holds it yet")).unwrap();
        let first_is_held = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                let waited = AtomicBool::new(false);
                let _second = cache.lock("libtorch", "cpu", || waited.store(true, Ordering::SeqCst)).unwrap();
                assert!(!first_is_held.load(Ordering::SeqCst), "two held one lock");
                waited.into_inner()
            });
            std::thread::sleep(std::time::Duration::from_millis(100));
            first_is_held.store(false, Ordering::SeqCst);
            drop(first);
            assert!(second.join().unwrap());
        });
    }
}
