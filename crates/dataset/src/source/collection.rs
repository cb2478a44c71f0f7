//! A collection after reading: its records, what was left out and why, and what is odd.

use std::path::PathBuf;

use radiograph_image::ImageFormat;

use crate::{Exclusion, Note, Record, SourceName};

/// A collection after reading: records, exclusions with reasons, and notes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Collection {
    /// The name that the ids of its records begin with.
    pub source: SourceName,
    /// Its folder.
    pub root: PathBuf,
    /// Rows of its metadata, the header not counted; 0 if it has none.
    pub rows: usize,
    /// Images with a usable file, in the order of the metadata, then of the file names.
    pub records: Vec<Record>,
    /// Rows and files that did not become a record.
    pub exclusions: Vec<Exclusion>,
    /// Oddities of rows and files that became a record.
    pub notes: Vec<Note>,
    /// Files that are no images of the collection: tables, texts, masks.
    pub other_files: usize,
    /// Whether the images are drawings (phantoms), by the mark [`PHANTOM_MARK`](super::PHANTOM_MARK).
    pub drawn: bool,
}

impl Collection {
    /// Everything that the metadata describes, usable or not: the records, and the rows that name no usable file.
    pub fn described(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().chain(self.exclusions.iter().filter_map(|exclusion| exclusion.record.as_deref()))
    }
}

/// Whether a file's extension is that of an image.
pub fn is_image(file: &str) -> bool {
    let last = file.rsplit('/').next().unwrap_or(file);
    ImageFormat::of_extension(last.as_ref()).is_some()
}
