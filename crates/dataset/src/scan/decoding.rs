//! Counts what was unusual about files that were decoded all the same.
//!
//! An archive often writes all of its files in one unusual way, so these notes are counts with the first files and no
//! findings of single images.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use super::{Inspection, ScannedImage};
use crate::SourceName;

/// One sort of unusual files.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DecodingNote {
    /// A short name: [`radiograph_image::Note::sort`].
    pub sort: String,
    /// For each collection: number of files.
    pub counts: BTreeMap<SourceName, usize>,
    /// The first files, at most [`Self::FILES`].
    pub files: Vec<NotedFile>,
}

/// An unusual file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NotedFile {
    /// The collection.
    pub source: SourceName,
    /// The file, as its collection names it.
    pub file: String,
    /// What was unusual.
    pub text: String,
}

impl DecodingNote {
    /// Number of files that are named for each sort.
    pub const FILES: usize = 3;

    /// All sorts, by name.
    pub(super) fn count(images: &[ScannedImage<'_>], inspections: &[Inspection]) -> Vec<Self> {
        let mut sorts: BTreeMap<Cow<'static, str>, Self> = BTreeMap::new();
        for (image, inspection) in images.iter().zip(inspections) {
            // A file counts once for each sort, with its first note.
            let mut notes = BTreeMap::new();
            for note in &inspection.notes {
                notes.entry(note.sort()).or_insert(note);
            }
            for (sort, note) in notes {
                let counted = sorts.entry(sort).or_insert_with_key(|sort| Self {
                    sort: sort.to_string(),
                    counts: BTreeMap::new(),
                    files: Vec::new(),
                });
                *counted.counts.entry(image.source.clone()).or_insert(0) += 1;
                if counted.files.len() < Self::FILES {
                    counted.files.push(NotedFile {
                        source: image.source.clone(),
                        file: image.name.to_owned(),
                        text: note.to_string(),
                    });
                }
            }
        }
        sorts.into_values().collect()
    }
}
