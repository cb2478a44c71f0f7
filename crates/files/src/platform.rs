//! What differs between operating systems. Only this module asks for one; the lint of the workspace holds the other crates to it.
//!
//! Built and tested on Linux. The lines for Windows follow its documentation and have not been compiled.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Reads as many bytes as `into` has, from this position of the file on. On Windows, the position of `file` itself moves.
///
/// # Errors
///
/// [`io::ErrorKind::UnexpectedEof`] if the file ends before; else what the system says.
pub fn read_exact_at(file: &File, into: &mut [u8], position: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_exact_at(file, into, position)
    }
    #[cfg(windows)]
    {
        let (mut left, mut position) = (into, position);
        while !left.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(file, left, position) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    left = &mut left[read..];
                    position += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Closes a folder to everybody but its owner. On Windows, the folder keeps what it inherits.
///
/// # Errors
///
/// What the system says, for instance that the folder belongs to somebody else.
pub fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
    }
    #[cfg(windows)]
    {
        fs::metadata(folder).map(|_| ())
    }
}

/// Makes a temporary file readable by whom the user's own mask allows, as any other file of theirs. It is private otherwise.
pub(crate) fn as_plain_file<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    #[cfg(unix)]
    {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
    }
    #[cfg(windows)]
    {
        builder
    }
}

/// Flushes the entries of a folder to the disk. Windows opens no folder as a file, and writes a new name by itself.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(folder)?.sync_all() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_their_position_and_the_end_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bytes");
        fs::write(&path, b"0123456789").unwrap();
        let file = File::open(&path).unwrap();
        let mut three = [0; 3];
        read_exact_at(&file, &mut three, 7).unwrap();
        assert_eq!(&three, b"789");
        read_exact_at(&file, &mut three, 0).unwrap();
        assert_eq!(&three, b"012");
        let error = read_exact_at(&file, &mut three, 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
