//! Reads small files and folder listings of a store, with a size limit. Features are read in `shard`.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::FeatureError;

/// The content of a file of at most `limit` bytes; `None` if there is no such file.
pub(crate) fn read_small(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FeatureError> {
    let refuse = |source| FeatureError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        // A file in place of the folder also means that there is no store.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(refuse(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(refuse)?;
    if bytes.len() as u64 > limit {
        return Err(refuse(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes"))));
    }
    Ok(Some(bytes))
}

/// The paths in a folder, sorted, so that the file system's order has no effect. Empty if there is no such folder.
pub(crate) fn paths(folder: &Path) -> Result<Vec<PathBuf>, FeatureError> {
    let refuse = |source| FeatureError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refuse(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(refuse)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The last name of a path; empty if it is not text.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
