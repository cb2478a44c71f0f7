//! An unfinished download: the received bytes, and the entity tag (ETag) of the file that they belong to.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use radiograph_files::{create_folder, write_bytes};
use radiograph_weights::{WeightsError, WeightsName};

use super::error::FetchError;

/// The files `NAME.partial`, beside the installed files, and `NAME.partial.etag`.
pub(super) struct Partial {
    path: PathBuf,
    mark: PathBuf,
}

impl Partial {
    pub(super) fn of(folder: &Path, name: &WeightsName) -> Result<Self, FetchError> {
        create_folder(folder).map_err(WeightsError::from)?;
        Ok(Self {
            path: folder.join(format!("{name}.partial")),
            mark: folder.join(format!("{name}.partial.etag")),
        })
    }

    /// Path of the received bytes.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of received bytes.
    pub(super) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// Entity tag of the file, if the download can be resumed.
    pub(super) fn etag(&self) -> Option<String> {
        let etag = fs::read_to_string(&self.mark).ok()?;
        (is_strong(&etag) && self.bytes() > 0).then_some(etag)
    }

    /// Waits until no other process fetches this file, then holds the lock until the value is dropped. The system
    /// releases the lock of a process that dies.
    pub(super) fn lock(&self, waiting: impl FnOnce()) -> Result<File, FetchError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let path = self.path.with_file_name(format!(".{name}.lock"));
        let file = File::options().create(true).append(true).open(&path).map_err(FetchError::io(&path))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => waiting(),
            Err(TryLockError::Error(source)) => return Err(FetchError::Io { path, source }),
        }
        file.lock().map_err(FetchError::io(&path))?;
        Ok(file)
    }

    /// Stores the entity tag of the file; without one, the download cannot be resumed.
    pub(super) fn set_etag(&self, etag: Option<&str>) -> Result<(), FetchError> {
        match etag.filter(|etag| is_strong(etag)) {
            Some(etag) => Ok(write_bytes(&self.mark, etag.as_bytes()).map_err(WeightsError::from)?),
            None => remove(&self.mark),
        }
    }

    /// Removes the received bytes and the entity tag.
    pub(super) fn discard(&self) -> Result<(), FetchError> {
        remove(&self.path)?;
        remove(&self.mark)
    }
}

/// Removes a file; a missing one is not an error.
pub(super) fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Whether the entity tag is strong (RFC 9110, 8.8.3): it identifies one sequence of bytes, and is safe in a request.
fn is_strong(etag: &str) -> bool {
    let quoted = etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"');
    quoted && etag.len() <= 200 && etag.bytes().all(|byte| (0x21..0x7f).contains(&byte))
}
