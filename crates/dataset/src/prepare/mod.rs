//! Turns a folder of collections into a manifest with its certificate, in one call.

mod gather;
mod text;

use std::{collections::BTreeMap, path::Path};

use radiograph_files::{create_folder, write_bytes, write_whole};
use rayon::ThreadPoolBuilder;

pub use gather::{Gathered, gather};

use radiograph_same_picture::{Fingerprint, SamePicture, Search, find};

use crate::{
    DatasetError, Exclusion, Note, SourceName,
    balance::Shortfall,
    certificate::{Certificate, PictureSearch, Sight},
    group::GroupSummary,
    identifiers::Identifiers,
    manifest::{Manifest, PrivateFiles, private_folder},
    recipe::Recipe,
    scan::ScanReport,
    source::Source,
    split::{Abstention, Sample, leave_one_source_out},
};

/// Progress of the work.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress {
    /// A collection's metadata is being read.
    Reading(SourceName),
    /// A number of images has been read.
    Images {
        /// Number read so far.
        done: usize,
        /// Total number.
        total: usize,
    },
    /// This number of images is compared with one another.
    Comparing(usize),
}

/// A manifest, its certificate, and what both do not hold.
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// Every image with its part.
    pub manifest: Manifest,
    /// Files and published names of the images.
    pub files: PrivateFiles,
    /// Leakage report of the split.
    pub certificate: Certificate,
    /// Figures about the groups.
    pub groups: GroupSummary,
    /// Quotas that are not met, and values of the balancing field at which the classes stay unequal.
    pub shortfalls: Vec<Shortfall>,
    /// Whether each collection could be held out and tested on alone.
    pub sources_out: Vec<(SourceName, Result<(), Abstention>)>,
    /// Images that each collection has.
    pub images: BTreeMap<SourceName, usize>,
    /// Rows without images and files that are no images: what the manifest has no row for.
    pub left_out: Vec<Exclusion>,
    /// Oddities of the other rows and files.
    pub notes: Vec<Note>,
    /// Scan of the collections.
    pub scan: ScanReport,
}

/// Reads collections below `folder`, finds same pictures, and deals the images by a recipe. The same files and the same
/// seed give the same result, for any number of threads of rayon's pool; [`with_threads`] sets that number.
///
/// # Errors
///
/// A collection that cannot be read at all ends the work; a bad row or image is an exclusion. Those of [`Recipe::make`].
pub fn prepare(
    folder: &Path,
    sources: &[Box<dyn Source>],
    recipe: &Recipe,
    identifiers: &Identifiers,
    seed: u64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Prepared, DatasetError> {
    let gathered = gather(sources, recipe, identifiers, progress)?;
    let films = Films::new(gathered.fingerprints);
    progress(Progress::Comparing(films.fingerprints.len()));
    let pictures = films.search(&recipe.search)?;
    drop(films);
    let mut images = BTreeMap::new();
    for candidate in &gathered.candidates {
        *images.entry(candidate.record.source().clone()).or_insert(0) += 1;
    }
    let made = recipe.make(folder, gathered.candidates, &pictures.pairs, seed)?;
    // The candidates are sorted by id, as the rows are: positions in one are positions in the other. The pairs are those
    // of the pixels; the certificate follows them anew, whatever groups were made of them.
    let certificate = Certificate::of(&made.manifest, &pictures, made.terms)?;
    let used = made.manifest.rows().iter().filter(|row| !row.place.is_excluded());
    let samples: Vec<Sample> = used.filter_map(Sample::of_row).collect();
    let sources_out = leave_one_source_out(&samples).into_iter();
    Ok(Prepared {
        sources_out: sources_out.map(|out| (out.source, out.places.map(|_| ()))).collect(),
        manifest: made.manifest,
        files: made.files,
        certificate,
        groups: made.groups,
        shortfalls: made.shortfalls,
        images,
        left_out: gathered.left_out,
        notes: gathered.notes,
        scan: gathered.scan,
    })
}

/// The images that have a fingerprint, among all.
pub(crate) struct Films {
    pub(crate) fingerprints: Vec<Fingerprint>,
    positions: Vec<usize>,
    sights: Vec<Sight>,
}

impl Films {
    pub(crate) fn new(fingerprints: Vec<Option<Fingerprint>>) -> Self {
        let sights = fingerprints.iter().map(|fingerprint| Sight::of(fingerprint.as_ref())).collect();
        let numbered = fingerprints.into_iter().enumerate();
        let (positions, fingerprints) =
            numbered.filter_map(|(at, fingerprint)| Some((at, fingerprint?))).unzip();
        Self { fingerprints, positions, sights }
    }

    /// Same pictures, as positions among all images.
    pub(crate) fn search(&self, search: &Search) -> Result<PictureSearch, DatasetError> {
        let whole = |pair: SamePicture| SamePicture {
            first: self.positions[pair.first],
            second: self.positions[pair.second],
            ..pair
        };
        let pairs = find(&self.fingerprints, search)?.into_iter().map(whole).collect();
        Ok(PictureSearch { pairs, sights: self.sights.clone() })
    }
}

/// Runs `work` with this number of threads; `None` for one a core.
///
/// # Errors
///
/// [`DatasetError::Threads`] if there are none or the system does not give them.
pub fn with_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, DatasetError> {
    let Some(threads) = threads else { return Ok(work()) };
    let refused = |reason: String| DatasetError::Threads { threads, reason };
    if threads == 0 {
        return Err(refused("give at least one".to_owned()));
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| refused(error.to_string()))?.install(work))
}

impl Prepared {
    /// Name of the manifest in its folder.
    pub const MANIFEST: &'static str = "manifest.csv";
    /// Name of the certificate.
    pub const CERTIFICATE: &'static str = "leakage.json";
    /// Name of the list of what could not be balanced.
    pub const SHORTFALLS: &'static str = "shortfalls.json";
    /// Path of the list of what has no row in the manifest.
    pub const LEFT_OUT: &'static str = "private/left-out.csv";
    /// Path of the scan's report.
    pub const SCAN: &'static str = "private/scan.json";

    /// Writes the manifest, the certificate and the list of what could not be balanced, and, in a folder that is not to be shared, the table of files, the list of
    /// what has no row in the manifest, and the scan's report. The folder is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Write`], [`DatasetError::Manifest`].
    pub fn write(&self, folder: &Path) -> Result<(), DatasetError> {
        create_folder(folder)?;
        private_folder(folder)?;
        self.files.write(folder)?;
        self.manifest.write(&folder.join(Self::MANIFEST))?;
        write_bytes(&folder.join(Self::CERTIFICATE), self.certificate.to_json().as_bytes())?;
        write_whole(&folder.join(Self::SHORTFALLS), |file| {
            let sentences: Vec<String> = self.shortfalls.iter().map(ToString::to_string).collect();
            Ok(serde_json::to_writer_pretty(file, &sentences)?)
        })?;
        write_whole(&folder.join(Self::SCAN), |file| self.scan.write_json(file))?;
        write_whole(&folder.join(Self::LEFT_OUT), |file| {
            let mut table = csv::Writer::from_writer(file);
            table
                .write_record(["source", "table", "row", "file", "reason", "detail"])
                .map_err(std::io::Error::other)?;
            for Exclusion { source, file, table: of, row, reason, .. } in &self.left_out {
                let row = row.map(|row| row.to_string()).unwrap_or_default();
                let file = file.as_deref().unwrap_or_default();
                let of = of.as_deref().unwrap_or_default();
                let cells = [source.as_str(), of, &row, file, reason.code(), &reason.to_string()];
                table.write_record(cells).map_err(std::io::Error::other)?;
            }
            table.flush()
        })?;
        Ok(())
    }

    /// How many images are excluded, and rows and files left out, by code of the reason.
    pub fn excluded_by_reason(&self) -> BTreeMap<String, usize> {
        let mut counts = self.certificate.excluded.clone();
        for exclusion in &self.left_out {
            *counts.entry(exclusion.reason.code().to_owned()).or_insert(0) += 1;
        }
        counts
    }
}
