//! One row of a manifest: an image, what is known of it, and its part.

use std::collections::BTreeSet;

use radiograph_files::ContentHash;

use super::Place;
use crate::{Age, ClassName, GroupId, PatientId, Provenance, RecordId, Sex, SourceName, View};

/// One image: what is known about it, and where it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `source:name`.
    pub id: RecordId,
    /// SHA-256 of the file.
    pub content_hash: ContentHash,
    /// The collection that this one took the image from, where the file's name gives it away.
    pub taken_from: Option<SourceName>,
    /// The patient.
    pub patient: Option<PatientId>,
    /// The one class that is known to be present. Training and test images have one.
    pub class: Option<ClassName>,
    /// How the class is known.
    pub provenance: Provenance,
    /// View.
    pub view: View,
    /// Sex of the patient.
    pub sex: Option<Sex>,
    /// Age of the patient.
    pub age: Option<Age>,
    /// Licence of the image, in the publishers' words.
    pub licence: Option<String>,
    /// Whether it was made from another image.
    pub augmented: bool,
    /// The image that it was made from, where known.
    pub parent: Option<RecordId>,
    /// Whether it is a drawing (a phantom), which shows no patient.
    pub drawn: bool,
    /// Group that it belongs to. An image that was excluded before groups were formed is alone in its group.
    pub group: GroupId,
    /// Part of the split.
    pub place: Place,
}

impl Row {
    /// The collection.
    pub fn source(&self) -> &SourceName {
        self.id.source()
    }

    /// The collection, and the one that it took the image from: `merged (nih)`.
    pub fn origin(&self) -> String {
        match &self.taken_from {
            Some(original) => format!("{} ({original})", self.source()),
            None => self.source().to_string(),
        }
    }

    /// The folds that training images of these rows are in: only those that occur.
    pub(crate) fn folds(rows: &[Self]) -> BTreeSet<u32> {
        rows.iter().filter_map(|row| row.place.fold()).collect()
    }
}
