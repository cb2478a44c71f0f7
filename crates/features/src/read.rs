//! Reading small files and folders of a store, within limits. Not reading features.

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
        // A file where the folder should be is no store either.
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

/// The paths in a folder, sorted, so that nothing depends on the order a file system has them in; none if there is no
/// such folder.
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

/// A path's last name, as far as it is text.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
