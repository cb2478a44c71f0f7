//! Writes a file atomically, so that no reader sees half of it. It does not append to files.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::{
    FileError,
    platform::{as_plain_file, sync_folder},
};

/// Writes a file as a whole or not at all. `content` writes to a hidden sibling, which is flushed to the disk and then
/// renamed. Until then, and after any failure, the previous file of that name is unchanged. The folder must exist.
///
/// A killed program leaves at most a hidden sibling (`.radiograph-….partial`), which no reader mistakes for a file.
///
/// # Errors
///
/// [`FileError::Write`] if the system refuses or `content` fails.
pub fn write_whole(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), FileError> {
    let written = || {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        let mut sibling =
            as_plain_file(builder.prefix(".radiograph-").suffix(".partial")).tempfile_in(folder)?;
        let mut writer = BufWriter::new(sibling.as_file_mut());
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        sibling.as_file().sync_all()?;
        sibling.persist(path).map_err(|error| error.error)?;
        // The new name is an entry of the folder, which has to reach the disk too.
        sync_folder(folder)
    };
    written().map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// Writes bytes with [`write_whole`].
///
/// # Errors
///
/// [`FileError::Write`] if the system refuses.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_whole(path, |file| file.write_all(bytes))
}

/// Creates a folder and its parents, unless they exist.
///
/// # Errors
///
/// [`FileError::Write`] if the system refuses.
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|source| FileError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        write_bytes(&path, b"first").unwrap();
        write_bytes(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["history.csv"]);
    }

    #[test]
    fn a_failure_halfway_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        write_bytes(&path, b"first").unwrap();
        let error = write_whole(&path, |file| {
            file.write_all(b"half of the sec")?;
            file.flush()?;
            Err(io::Error::other("the disk is full"))
        })
        .unwrap_err();
        assert_eq!(error.to_string(), format!("{} cannot be written: the disk is full", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["history.csv"]);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/history.csv");
        let error = write_bytes(&path, b"first").unwrap_err().to_string();
        assert!(error.contains("absent/history.csv"), "{error}");
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_a_plain_file() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_bytes(&ours, b"").unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
