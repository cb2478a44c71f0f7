//! Unpacks the required members of a wheel, as listed in `wheel.rs`.
//!
//! `install.rs` keeps a record of what was unpacked.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::{error::Error, wheel::Wheel};

/// One unpacked file: its path below the build's folder, and its size in bytes.
pub(crate) type Unpacked = (String, u64);

/// Unpacks the members that the wheel's record lists into `into`, which must exist.
///
/// # Errors
/// [`Error::MemberMissing`] if a pattern of the record has no match, [`Error::Zip`] if the archive is damaged.
pub(crate) fn unpack(wheel: &Wheel, archive: &Path, into: &Path) -> Result<Vec<Unpacked>, Error> {
    let damaged = |source| Error::Zip { archive: archive.to_owned(), source };
    let file = File::open(archive).map_err(Error::io(archive))?;
    let mut members = zip::ZipArchive::new(io::BufReader::new(file)).map_err(damaged)?;
    let mut unpacked = Vec::new();
    let mut unused: Vec<&'static str> = wheel.take.to_vec();
    for index in 0..members.len() {
        let mut member = members.by_index(index).map_err(damaged)?;
        let Some(pattern) = wheel.takes(&member.name().map_err(damaged)?) else { continue };
        // A name that climbs out of the folder would be taken by no sane publisher; it is refused all the same.
        let Some(name) = member.enclosed_name() else {
            return Err(damaged(zip::result::ZipError::InvalidArchive(
                "a member's name leaves the folder".into(),
            )));
        };
        if member.is_dir() {
            continue;
        }
        unused.retain(|other| *other != pattern);
        let path = into.join(&name);
        let parent = path.parent().unwrap_or(into);
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        let mut output = File::create(&path).map_err(Error::io(&path))?;
        let bytes = io::copy(&mut member, &mut output).map_err(Error::io(&path))?;
        unpacked.push((name.to_string_lossy().into_owned(), bytes));
    }
    match unused.first() {
        Some(pattern) => Err(Error::MemberMissing { wheel: wheel.file.to_owned(), pattern }),
        None => Ok(unpacked),
    }
}
