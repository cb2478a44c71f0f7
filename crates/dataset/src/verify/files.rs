//! Finds the files of a manifest's rows, and reads them again.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use radiograph_files::ContentHash;
use radiograph_image::{ImageError, Limits, Stated};
use radiograph_same_picture::Fingerprint;
use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::Difference;
use crate::{
    certificate::was_compared,
    manifest::{Manifest, ManifestError, PrivateFiles, Row},
};

/// The files where the private table says they are, below `data` if that is given.
pub(super) fn by_table(
    manifest: &Manifest,
    files: &PrivateFiles,
    data: Option<&Path>,
) -> Result<Vec<PathBuf>, ManifestError> {
    let path = |row: &Row| {
        let file = files.get(&row.id)?;
        Ok(data.unwrap_or(&file.folder).join(&file.path))
    };
    manifest.rows().iter().map(path).collect()
}

/// A file below `data` with the content of each row; where there is none, a path that does not exist.
pub(super) fn by_content(manifest: &Manifest, data: &Path) -> Vec<PathBuf> {
    let walk = WalkDir::new(data).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files: Vec<PathBuf> =
        walk.filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path).collect();
    let found: HashMap<ContentHash, &PathBuf> =
        files.par_iter().filter_map(|file| Some((ContentHash::of_file(file).ok()?, file))).collect();
    let missing = |row: &Row| data.join(format!("(no file with SHA-256 {}…)", row.content_hash.short()));
    manifest
        .rows()
        .iter()
        .map(|row| found.get(&row.content_hash).map_or_else(|| missing(row), |file| (*file).clone()))
        .collect()
}

/// The fingerprint of a row's file, if the row was compared, and what is wrong with the file. The film is decoded as its
/// collection says.
pub(super) fn read_again(
    row: &Row,
    stated: Stated,
    path: PathBuf,
) -> (Option<Difference>, Option<Fingerprint>) {
    let id = row.id.clone();
    let looked = was_compared(row).then(|| Fingerprint::of_film(&path, stated, &Limits::default()));
    let found = match &looked {
        Some(Ok(fingerprint)) => Ok(fingerprint.content()),
        _ => fs::File::open(&path).and_then(ContentHash::of_reader),
    };
    let difference = match (found, &looked) {
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Some(Difference::Vanished { id, path }),
        (Err(error), _) => Some(Difference::Unreadable { id, path, reason: error.to_string() }),
        (Ok(found), _) if found != row.content_hash => {
            Some(Difference::Changed { id, path, expected: row.content_hash, found })
        }
        (Ok(_), Some(Err(error))) if !row.place.is_excluded() => {
            let reason = match error {
                ImageError::Undecodable { reason, .. } => reason.to_string(),
                error => error.to_string(),
            };
            Some(Difference::Undecodable { id, path, reason })
        }
        (Ok(_), _) => None,
    };
    (difference, looked.and_then(Result::ok))
}
