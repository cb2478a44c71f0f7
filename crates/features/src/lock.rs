//! Locks that decide who may write to a store. Readers need no lock, because every shard in the index is complete.
//!
//! The locks are those of the file system (`flock`). The system releases them when a process ends for any reason.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use radiograph_files::FileError;

use crate::{
    FeatureError, Part,
    read::{name, paths},
    shard::index_folder,
};

/// Lock that writers share, and that a process which removes files holds alone.
const STORE: &str = ".store.lock";

/// The right to write one part of a store, held until the value is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _store: Held,
    _part: Held,
}

/// A locked file, unlocked when dropped. Closing it is not enough: a process that another thread is just starting also
/// has it open for a moment, until `exec`.
#[derive(Debug)]
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // If unlocking fails, the system releases the lock when its last holder ends.
        let _ = self.0.unlock();
    }
}

impl WriterLock {
    pub(crate) fn take(folder: &Path, part: Part) -> Result<Self, FeatureError> {
        // The next process to take the lock removes leftovers of a killed one.
        match StoreLock::take(folder) {
            Ok(_alone) => drop(remove_leftovers(folder)?),
            Err(FeatureError::Busy { .. }) => {}
            Err(error) => return Err(error),
        }
        let path = folder.join(STORE);
        let store = open(&path)?;
        store.lock_shared().map_err(|source| FeatureError::Lock { path, source })?;
        let _store = Held(store);

        let own = part_path(folder, part);
        let Some(_part) = try_lock(open(&own)?, &own)? else {
            return Err(FeatureError::PartTaken { folder: folder.to_owned(), part });
        };
        // Two processes that divide differently both hold their part's lock by now, so at least one of them sees the
        // other.
        for path in paths(folder)? {
            let Some(theirs) = count_of(name(&path)).filter(|&theirs| theirs != part.count()) else {
                continue;
            };
            if try_lock(open(&path)?, &path)?.is_none() {
                return Err(FeatureError::OtherParts { folder: folder.to_owned(), theirs, ours: part });
            }
        }
        Ok(Self { _store, _part })
    }
}

/// The right to change a store as a whole, while no process writes.
pub(crate) struct StoreLock {
    _store: Held,
}

impl StoreLock {
    /// Waits until no process writes. Use it only for short operations.
    pub(crate) fn wait(folder: &Path) -> Result<Self, FeatureError> {
        let path = folder.join(STORE);
        let store = open(&path)?;
        store.lock().map_err(|source| FeatureError::Lock { path, source })?;
        Ok(Self { _store: Held(store) })
    }

    /// # Errors
    ///
    /// [`FeatureError::Busy`] if another process writes.
    pub(crate) fn take(folder: &Path) -> Result<Self, FeatureError> {
        let path = folder.join(STORE);
        match try_lock(open(&path)?, &path)? {
            Some(_store) => Ok(Self { _store }),
            None => Err(FeatureError::Busy { folder: folder.to_owned() }),
        }
    }
}

/// Removes partial files of killed processes. The caller must hold the store alone.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<u64, FeatureError> {
    let mut removed = 0;
    for folder in [folder.to_owned(), index_folder(folder)] {
        for path in paths(&folder)? {
            let left = name(&path);
            if left.starts_with(".radiograph-") && left.ends_with(".partial") {
                removed += remove(&path)?;
            }
        }
    }
    Ok(removed)
}

/// Removes a file and returns its size in bytes.
pub(crate) fn remove(path: &Path) -> Result<u64, FeatureError> {
    let refuse = |source| FileError::Write { path: path.to_owned(), source };
    let bytes = fs::symlink_metadata(path).map_err(refuse)?.len();
    fs::remove_file(path).map_err(refuse)?;
    Ok(bytes)
}

fn part_path(folder: &Path, part: Part) -> PathBuf {
    folder.join(format!(".part-{}-of-{}.lock", part.index(), part.count()))
}

fn count_of(name: &str) -> Option<u32> {
    name.strip_prefix(".part-")?.strip_suffix(".lock")?.split_once("-of-")?.1.parse().ok()
}

fn open(path: &Path) -> Result<File, FeatureError> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| FeatureError::Lock { path: path.to_owned(), source })
}

/// Tries to lock a file; `None` if another process holds the lock.
fn try_lock(file: File, path: &Path) -> Result<Option<Held>, FeatureError> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Held(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(FeatureError::Lock { path: path.to_owned(), source }),
    }
}
