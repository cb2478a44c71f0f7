//! Verifies a finished manifest: reads every file again and computes the certificate anew.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use radiograph_files::ContentHash;
use radiograph_image::Limits;
use radiograph_same_picture::Fingerprint;
use rayon::prelude::*;
use serde_json::Value;
use walkdir::{DirEntry, WalkDir};

use crate::{
    DatasetError, RecordId,
    certificate::{Certificate, Crossing, Example, LeakKind, was_compared},
    manifest::{Manifest, ManifestError, PrivateFiles, Row},
    prepare::{Prepared, Progress, pairs_among},
    split::Kind,
};

/// Result of a verification.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Number of images in the manifest.
    pub images: usize,
    /// Differences between the files and the manifest or certificate; empty if all is well.
    pub differences: Vec<Difference>,
    /// The certificate, computed from the present files.
    pub certificate: Certificate,
}

/// A difference between the files and the manifest or certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// There is no such file.
    #[error("{id}: {} is gone", path.display())]
    Vanished {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{id}: {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file holds something else.
    #[error("{id}: {} has changed: its SHA-256 begins with {}, the manifest says {}", path.display(), found.short(), expected.short())]
    Changed {
        /// The image.
        id: RecordId,
        /// Its file.
        path: PathBuf,
        /// Hash in the manifest.
        expected: ContentHash,
        /// Hash of the file.
        found: ContentHash,
    },
    /// Images on two sides of a split by groups belong together.
    #[error("a leak between {} and {}: one {shared}, {from_image} and {to_image}", from, to)]
    Leak {
        /// One part.
        from: String,
        /// The other part.
        to: String,
        /// What they have in common.
        shared: LeakKind,
        /// The image of the one part.
        from_image: RecordId,
        /// The image of the other.
        to_image: RecordId,
    },
    /// The certificate states something else than what is found.
    #[error("the certificate's {field} is {recorded}, computed again it is {computed}")]
    Certificate {
        /// Where in the certificate, as a JSON pointer.
        field: String,
        /// Value in the certificate.
        recorded: String,
        /// Value computed now.
        computed: String,
    },
}

/// Checks the manifest and the certificate of a folder. `data` is where the data lies, if it was moved since. Whoever was given
/// the two without the private table of files names the data too: the images are then found by their content, wherever they
/// lie below it and whatever they are called.
///
/// # Errors
///
/// Only if the check cannot be made: [`DatasetError::Manifest`] or [`DatasetError::Certificate`] if one of the two cannot be
/// read.
pub fn verify(
    folder: &Path,
    data: Option<&Path>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verification, DatasetError> {
    let recorded = Certificate::read(&folder.join(Prepared::CERTIFICATE))?;
    let manifest = Manifest::read_of(&folder.join(Prepared::MANIFEST), &recorded.terms.classes)?;
    let paths = match data {
        Some(data) if !folder.join(PrivateFiles::NAME).exists() => by_content(&manifest, data),
        _ => by_table(&manifest, &PrivateFiles::read(folder)?, data)?,
    };
    let total = manifest.rows().len();
    let done = AtomicUsize::new(0);
    let read: Vec<(Option<Difference>, Option<Fingerprint>)> = manifest
        .rows()
        .par_iter()
        .zip(paths)
        .map(|(row, path)| {
            let read = read_again(row, path);
            progress(Progress::Images { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
            read
        })
        .collect();
    let (differences, fingerprints): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut differences: Vec<Difference> = differences.into_iter().flatten().collect();

    progress(Progress::Comparing(fingerprints.iter().flatten().count()));
    let pairs = pairs_among(fingerprints, &recorded.terms.search)?;
    let certificate = Certificate::of(&manifest, &pairs, recorded.terms.clone())?;
    if certificate.terms.split.kind == Kind::Grouped {
        differences.extend(leaks(&certificate));
    }
    let [stated, computed] =
        [&recorded, &certificate].map(|certificate| serde_json::to_value(certificate).unwrap_or_default());
    compare(&stated, &computed, "", &mut differences);
    Ok(Verification { images: total, differences, certificate })
}

/// The files where the private table says they are, below `data` if that is given.
fn by_table(
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
fn by_content(manifest: &Manifest, data: &Path) -> Vec<PathBuf> {
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

fn read_again(row: &Row, path: PathBuf) -> (Option<Difference>, Option<Fingerprint>) {
    let id = row.id.clone();
    let fingerprint =
        if was_compared(row) { Fingerprint::of_file(&path, &Limits::default()).ok() } else { None };
    let found = match &fingerprint {
        Some(fingerprint) => Ok(fingerprint.content()),
        None => fs::File::open(&path).and_then(ContentHash::of_reader),
    };
    let difference = match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Difference::Vanished { id, path }),
        Err(error) => Some(Difference::Unreadable { id, path, reason: error.to_string() }),
        Ok(found) if found != row.content_hash => {
            Some(Difference::Changed { id, path, expected: row.content_hash, found })
        }
        Ok(_) => None,
    };
    (difference, fingerprint)
}

fn leaks(certificate: &Certificate) -> Vec<Difference> {
    let of_crossing = |crossing: &Crossing| {
        let leak = |example: &Example| Difference::Leak {
            from: crossing.from.clone(),
            to: crossing.to.clone(),
            shared: example.shared,
            from_image: example.from.clone(),
            to_image: example.to.clone(),
        };
        crossing.examples.iter().map(leak).collect::<Vec<_>>()
    };
    let turns = certificate.between_parts.iter().filter(|crossing| crossing.is_turn());
    std::iter::once(&certificate.train_to_test).chain(turns).flat_map(of_crossing).collect()
}

/// Names every value that differs, by its place in the document.
fn compare(recorded: &Value, computed: &Value, field: &str, differences: &mut Vec<Difference>) {
    match (recorded, computed) {
        (Value::Object(one), Value::Object(other)) => {
            let missing = |name: &&String| !one.contains_key(*name);
            for name in one.keys().chain(other.keys().filter(missing)) {
                let [one, other] = [one, other].map(|object| object.get(name).unwrap_or(&Value::Null));
                compare(one, other, &format!("{field}/{name}"), differences);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                compare(one, other, &format!("{field}/{at}"), differences);
            }
        }
        (one, other) if one != other => differences.push(Difference::Certificate {
            field: field.to_owned(),
            recorded: one.to_string(),
            computed: other.to_string(),
        }),
        _ => {}
    }
}
