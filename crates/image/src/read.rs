//! Reads a file into memory, up to a limit. Files come from strangers.

use std::{fs::File, io::Read, path::Path};

use crate::{ImageError, Limits, Undecodable};

/// The bytes of a file, no more than the limit of them.
///
/// # Errors
///
/// [`ImageError::Read`] if the system refuses the file, [`ImageError::Undecodable`] if it is larger than
/// [`Limits::file_bytes`]. An empty file is not an error here; decoding refuses it.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, ImageError> {
    let read = |source| ImageError::Read { path: path.to_owned(), source };
    let image = |reason| ImageError::Undecodable { path: path.to_owned(), reason };
    let mut file = File::open(path).map_err(read)?;
    let size = file.metadata().map_err(read)?.len();
    check_file_size(size, limits).map_err(image)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // A file may grow, and a device has no size: what is read is bounded, not what was promised.
    file.by_ref().take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(read)?;
    check_file_size(bytes.len() as u64, limits).map_err(image)?;
    Ok(bytes)
}

pub(crate) fn check_file_size(bytes: u64, limits: &Limits) -> Result<(), Undecodable> {
    if bytes > limits.file_bytes {
        return Err(Undecodable::TooManyBytes { bytes, limit: limits.file_bytes });
    }
    Ok(())
}
