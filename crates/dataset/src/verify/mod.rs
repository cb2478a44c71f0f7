//! Verifies a finished manifest: reads every file again and computes the certificate anew.

mod compare;
mod difference;
mod files;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use radiograph_files::ContentHash;
use radiograph_same_picture::{Fingerprint, Search};
use rayon::prelude::*;

use self::{
    compare::compare,
    files::{by_content, by_table, read_again},
};
use crate::{
    DatasetError,
    certificate::{Certificate, Crossing, Example, PictureSearch, Terms},
    manifest::{Manifest, ManifestError, PrivateFiles},
    prepare::{self, Prepared, Progress},
    split::Kind,
};
pub use difference::Difference;

/// Images of a verification.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Films<'a> {
    /// The files are where the private table says they are.
    Recorded,
    /// The collections lie in this folder. Without the private table, films are found there by their content, wherever
    /// they lie and whatever they are called.
    In(&'a Path),
    /// Nobody has the images: only the manifest and the certificate are checked, and pictures are taken on trust.
    Absent,
}

/// Result of a verification.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Number of images in the manifest.
    pub images: usize,
    /// Differences between the files and the manifest or certificate; empty if all is well.
    pub differences: Vec<Difference>,
    /// The certificate, computed from the present files, with a search that is at least the default's.
    pub certificate: Certificate,
}

/// Checks the manifest and the certificate of a folder.
///
/// Nothing in the certificate is trusted: everything is computed again from the manifest and the images, and the search for
/// same pictures is never weaker than the default.
///
/// # Errors
///
/// Only if the check cannot be made: [`DatasetError::Manifest`] or [`DatasetError::Certificate`] if one of the two cannot be
/// read.
pub fn verify(
    folder: &Path,
    films: Films<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verification, DatasetError> {
    let (recorded, sealed) = Certificate::read_even_edited(&folder.join(Prepared::CERTIFICATE))?;
    let path = folder.join(Prepared::MANIFEST);
    let manifest = Manifest::read_of(&path, &recorded.terms.classes)?;
    let found = ContentHash::of_file(&path).map_err(ManifestError::from)?;
    let mut differences = Vec::new();
    if !sealed {
        differences.push(Difference::Edited);
    }
    if found != recorded.manifest {
        differences.push(Difference::Manifest { expected: recorded.manifest, found });
    }
    let images = manifest.rows().len();
    let terms = &recorded.terms;
    let of = |pictures: &PictureSearch, search: Search| {
        let certificate = Certificate::of(&manifest, pictures, Terms { search, ..terms.clone() })?;
        // The difference of the two hashes is told above, once.
        Ok::<_, DatasetError>(Certificate { manifest: recorded.manifest, ..certificate })
    };
    let paths = match films {
        Films::Absent => None,
        Films::In(data) if !folder.join(PrivateFiles::NAME).exists() => Some(by_content(&manifest, data)),
        Films::In(data) => Some(by_table(&manifest, &PrivateFiles::read(folder)?, Some(data))?),
        Films::Recorded => Some(by_table(&manifest, &PrivateFiles::read(folder)?, None)?),
    };
    let certificate = match paths {
        None => {
            let certificate = of(&PictureSearch::none(images), terms.search)?;
            differences.extend(compare(&recorded, &certificate, false));
            certificate
        }
        Some(paths) => {
            let films = read(&manifest, paths, &mut differences, progress);
            progress(Progress::Comparing(films.fingerprints.len()));
            let as_recorded = of(&films.search(&terms.search)?, terms.search)?;
            differences.extend(compare(&recorded, &as_recorded, true));
            let search = terms.search.or_stronger(&Search::default());
            if search == terms.search { as_recorded } else { of(&films.search(&search)?, search)? }
        }
    };
    if terms.split.kind == Kind::Grouped {
        differences.extend(leaks(&certificate));
    }
    Ok(Verification { images, differences, certificate })
}

fn read(
    manifest: &Manifest,
    paths: Vec<PathBuf>,
    differences: &mut Vec<Difference>,
    progress: &(dyn Fn(Progress) + Sync),
) -> prepare::Films {
    let (total, done) = (paths.len(), AtomicUsize::new(0));
    let read: Vec<(Option<Difference>, Option<Fingerprint>)> = manifest
        .rows()
        .par_iter()
        .zip(paths)
        .map(|(row, path)| {
            let read = read_again(row, manifest.stated(&row.id), path);
            progress(Progress::Images { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
            read
        })
        .collect();
    let (found, fingerprints): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    differences.extend(found.into_iter().flatten());
    prepare::Films::new(fingerprints)
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
    std::iter::once(&certificate.train_to_test).chain(&certificate.folds).flat_map(of_crossing).collect()
}
