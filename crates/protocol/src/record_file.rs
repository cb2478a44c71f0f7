//! Reads and writes records as JSON files. Reading limits the size and checks the format; files are written whole or
//! not at all.

use std::{fs, io, path::Path};

use radiograph_files::{FileError, write_bytes};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ProtocolError;

/// Limit on the size of a record. A history of a million epochs takes about 300 MB.
const LARGEST_RECORD: u64 = 1 << 29;

/// The field that every record has. Records of other formats may have any other fields.
#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format: String,
}

/// Reads the record at `path`; `None` if there is no file.
///
/// # Errors
///
/// [`ProtocolError::Foreign`] if its field `format` differs from `format`, [`ProtocolError::Damaged`] if it is not a
/// valid record, [`ProtocolError::File`] if the system refuses.
pub fn read_record<T: DeserializeOwned>(path: &Path, format: &str) -> Result<Option<T>, ProtocolError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let damaged = |reason: String| ProtocolError::Damaged { path: path.to_owned(), reason };
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source).into()),
    };
    if size > LARGEST_RECORD {
        return Err(damaged(format!("it has {size} bytes")));
    }
    let text = fs::read(path).map_err(failed)?;
    // Check the format first, because an older record would only give an obscure error about a field.
    let found: Format = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if found.format != format {
        return Err(ProtocolError::Foreign {
            path: path.to_owned(),
            field: "format".to_owned(),
            expected: format.to_owned(),
            found: found.format.chars().take(80).collect(),
        });
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| damaged(error.to_string()))
}

/// Writes a record to `path`, whole or not at all.
///
/// # Errors
///
/// [`ProtocolError::File`] if the system refuses.
pub fn write_record(path: &Path, record: &impl Serialize) -> Result<(), ProtocolError> {
    let text = serde_json::to_vec_pretty(record)
        .map_err(|error| FileError::Write { path: path.to_owned(), source: error.into() })?;
    Ok(write_bytes(path, &text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_format_is_foreign_whatever_its_fields() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        assert!(read_record::<Vec<u8>>(&path, "numbers 2").unwrap().is_none());
        fs::write(&path, br#"{"format": "numbers 1", "colour": "red"}"#).unwrap();
        let error = read_record::<Vec<u8>>(&path, "numbers 2").unwrap_err();
        assert!(matches!(&error, ProtocolError::Foreign { field, .. } if field == "format"), "{error}");
        fs::write(&path, br#"{"format": "numbers 2", "colour": "red"}"#).unwrap();
        let error = read_record::<Vec<u8>>(&path, "numbers 2").unwrap_err();
        assert!(matches!(error, ProtocolError::Damaged { .. }), "{error}");
    }
}
