//! Locks that decide who may write to a store, and who may remove what others read.
//!
//! Readers and writers do not wait for each other, because every shard in the index is complete. Only garbage collection
//! needs a store without readers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use radiograph_files::{FileError, FileLock};

use crate::{
    FeatureError, Part,
    description::StoreDescription,
    read::{name, paths},
    shard::index_folder,
};

/// Lock that writers share, and that a process which removes files holds alone.
const STORE: &str = ".store.lock";
/// Lock that readers share, and that a process which removes shards holds alone.
const READERS: &str = ".readers.lock";

/// The right to write one part of a store, held until the value is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _store: FileLock,
    _part: FileLock,
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
        let _store = FileLock::shared(&path).map_err(|source| FeatureError::Lock { path, source })?;

        let own = part_path(folder, part);
        let Some(_part) = try_lock(&own)? else {
            return Err(FeatureError::PartTaken { folder: folder.to_owned(), part });
        };
        // Two processes that divide differently both hold their part's lock by now, so at least one of them sees the
        // other.
        for path in paths(folder)? {
            let Some(theirs) = count_of(name(&path)).filter(|&theirs| theirs != part.count()) else {
                continue;
            };
            if try_lock(&path)?.is_none() {
                return Err(FeatureError::OtherParts { folder: folder.to_owned(), theirs, ours: part });
            }
        }
        Ok(Self { _store, _part })
    }
}

/// The right to change a store as a whole, while no process writes.
pub(crate) struct StoreLock {
    _store: FileLock,
}

impl StoreLock {
    /// # Errors
    ///
    /// [`FeatureError::Busy`] if another process writes.
    pub(crate) fn take(folder: &Path) -> Result<Self, FeatureError> {
        match try_lock(&folder.join(STORE))? {
            Some(_store) => Ok(Self { _store }),
            None => Err(FeatureError::Busy { folder: folder.to_owned() }),
        }
    }
}

/// The right to rely on the shards that are listed, held until the value is dropped.
#[derive(Debug)]
pub(crate) struct ReaderLock {
    /// `None` where this process may create no file and no other one did.
    _readers: Option<FileLock>,
}

impl ReaderLock {
    /// Waits for a process that removes shards.
    pub(crate) fn take(folder: &Path) -> Result<Self, FeatureError> {
        // A folder that is not a store stays unchanged.
        if StoreDescription::read(folder)?.is_none() {
            return Ok(Self { _readers: None });
        }
        let path = folder.join(READERS);
        match FileLock::shared(&path) {
            Ok(lock) => Ok(Self { _readers: Some(lock) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { _readers: None }),
            Err(source) => Err(FeatureError::Lock { path, source }),
        }
    }
}

/// The right to remove shards: no process reads the store.
pub(crate) struct RemovalLock {
    _readers: FileLock,
}

impl RemovalLock {
    /// # Errors
    ///
    /// [`FeatureError::InUse`] if the store is open for reading.
    pub(crate) fn take(folder: &Path) -> Result<Self, FeatureError> {
        match try_lock(&folder.join(READERS))? {
            Some(_readers) => Ok(Self { _readers }),
            None => Err(FeatureError::InUse { folder: folder.to_owned() }),
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

/// Tries to lock a file; `None` if it is locked.
fn try_lock(path: &Path) -> Result<Option<FileLock>, FeatureError> {
    FileLock::try_exclusive(path).map_err(|source| FeatureError::Lock { path: path.to_owned(), source })
}
