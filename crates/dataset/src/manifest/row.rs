//! One image of a manifest.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use radiograph_files::ContentHash;
use serde::{Serialize, Serializer};

use super::Place;
use crate::{Age, ClassName, PatientId, Provenance, RecordId, Sex, SourceName, View};

/// One image: which file it is, what is known about it, and where it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `source:name`.
    pub id: RecordId,
    /// Where the data lies: an absolute path.
    pub folder: PathBuf,
    /// The file below [`folder`](Self::folder); never leads out of it.
    pub path: PathBuf,
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
    /// Which way the rays went.
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
    /// What it must stay together with; images that were excluded before groups were formed are alone.
    pub group: GroupId,
    /// Where it went.
    pub place: Place,
}

impl Row {
    /// The file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(&self.path)
    }

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

    /// The folds that training images of these rows are in: those that occur, whatever their numbers.
    pub(crate) fn folds(rows: &[Self]) -> BTreeSet<u32> {
        rows.iter().filter_map(|row| row.place.fold()).collect()
    }
}

/// Name of a group: the id of the first of its images, by order of ids.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GroupId(String);

impl GroupId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RecordId> for GroupId {
    fn from(first: &RecordId) -> Self {
        Self(first.to_string())
    }
}

impl From<String> for GroupId {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
