//! Reads and writes the JSON files of a run folder.

use std::{fs, path::Path};

use radiograph_files::{FileError, write_bytes};
use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// Reads a JSON file into a checked type.
///
/// # Errors
///
/// [`Error::File`] if the file cannot be read, [`Error::Damaged`] if it does not hold a `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| Error::damaged(path, error))
}

/// Writes a value as indented JSON.
///
/// # Errors
///
/// [`Error::File`] if the file cannot be written.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Error::damaged(path, error))?;
    text.push(b'\n');
    Ok(write_bytes(path, &text)?)
}
