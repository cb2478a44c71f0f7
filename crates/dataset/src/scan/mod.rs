//! Describes collections and finds faults in them: counts, doubtful rows and files, doubtful images.
//!
//! A scan describes collections as they are published, before any filter. It changes nothing and decides nothing.
//! [`Thresholds`] are the limits beyond which an image becomes a finding.

mod checks;
mod confounding;
mod counts;
mod decoding;
mod finding;
mod inspect;
mod report;
mod text;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use radiograph_image::Stated;
use rayon::prelude::*;

pub use checks::Thresholds;
pub use confounding::ClassBySource;
pub use counts::CountTable;
pub use decoding::{DecodingNote, NotedFile};
pub use finding::{Finding, FindingKind};
pub use inspect::{Inspection, PixelStatistics};
pub use report::{CollectionSummary, ScanReport, UnreadCollection};

use crate::{
    Reason, Record, SourceName,
    source::{Collection, Source, SourceError},
};

/// Settings of a scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Whether to decode every image. Otherwise only the first bytes are read.
    pub pixels: bool,
    /// Limits beyond which an image becomes a finding.
    pub thresholds: Thresholds,
}

/// Progress of a scan.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress {
    /// A collection's metadata is being read.
    Reading(SourceName),
    /// A number of images has been inspected.
    Images {
        /// Number inspected so far.
        done: usize,
        /// Total number.
        total: usize,
    },
}

impl Default for Scan {
    fn default() -> Self {
        Self { pixels: true, thresholds: Thresholds::default() }
    }
}

impl Scan {
    /// Reads the collections and looks at their images, on all threads of rayon's pool; the report does not depend on
    /// their number. `progress` is called from any of them.
    ///
    /// A collection that cannot be read as a whole stands in the report with the reason, and the others are scanned.
    ///
    /// # Errors
    ///
    /// [`SourceError::Duplicate`] if two collections have one name.
    pub fn run(
        &self,
        sources: &[Box<dyn Source>],
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ScanReport, SourceError> {
        let mut names: BTreeSet<SourceName> = BTreeSet::new();
        let (mut collections, mut unread) = (Vec::new(), Vec::new());
        for source in sources {
            let name = source.name();
            if !names.insert(name.clone()) {
                return Err(SourceError::Duplicate { name: name.to_string() });
            }
            progress(Progress::Reading(name.clone()));
            match source.read() {
                Ok(collection) => collections.push(collection),
                Err(error) => {
                    let root = source.root().to_owned();
                    unread.push(UnreadCollection { source: name, root, error: error.to_string() });
                }
            }
        }
        let images: Vec<ScannedImage<'_>> = collections.iter().flat_map(images_of).collect();
        let done = AtomicUsize::new(0);
        let inspections: Vec<Inspection> = images
            .par_iter()
            .map(|image| {
                let inspection = Inspection::of_film(&image.path, image.stated(), self.pixels);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress::Images { done, total: images.len() });
                inspection
            })
            .collect();
        Ok(ScanReport::new(&collections, unread, &images, &inspections, &self.thresholds))
    }
}

/// An image that is there, with a record or without.
pub(crate) struct ScannedImage<'a> {
    source: &'a SourceName,
    pub(crate) path: PathBuf,
    name: &'a str,
    pub(crate) record: Option<&'a Record>,
}

impl ScannedImage<'_> {
    /// What its collection says of the samples of its file.
    pub(crate) fn stated(&self) -> Stated {
        self.record.map_or_else(Stated::default, |record| record.stated)
    }
}

/// Every image of a collection: those with a record, in their order, then those without a row.
pub(crate) fn images_of<'a>(collection: &'a Collection) -> impl Iterator<Item = ScannedImage<'a>> {
    let of_record = |record: &'a Record| ScannedImage {
        source: &collection.source,
        path: record.path.clone(),
        name: record.id.name(),
        record: Some(record),
    };
    let without_row =
        collection.exclusions.iter().filter(|exclusion| exclusion.reason == Reason::FileWithoutRow);
    collection.records.iter().map(of_record).chain(without_row.filter_map(|exclusion| {
        let name = exclusion.file.as_deref()?;
        Some(ScannedImage {
            source: &collection.source,
            path: collection.root.join(name),
            name,
            record: None,
        })
    }))
}
