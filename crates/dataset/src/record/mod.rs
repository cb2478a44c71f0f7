//! One image and what its collection says about it. Fields that the collection leaves open stay open.

mod day;
mod error;
mod identity;
mod label;
mod person;
mod published;
mod view;

use std::path::PathBuf;

use radiograph_image::Stated;
use serde::Serialize;

pub use day::{Day, NoDay};
pub use error::IdError;
pub use identity::{GroupId, PatientId, RecordId, SourceName};
pub use label::{ClassName, Label, Presence, Provenance};
pub use person::{Age, Event, Offset, Sex};
pub use published::PublishedImage;
pub use view::{Modality, View};

/// One image of one collection, with what the collection's publishers say about it.
///
/// A field that the publishers leave blank is `None`, [`View::Unknown`] or [`Presence::Unknown`]; adapters never guess.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// `source:name`, unique over all collections.
    pub id: RecordId,
    /// The image file, inside its collection's folder.
    pub path: PathBuf,
    /// `source:patient`. A file that its collection lists under several people carries them all, joined by `+`, and so
    /// do all other images of these people: equal ids are always one person (or people who cannot be told apart).
    pub patient: Option<PatientId>,
    /// Label, with its provenance.
    pub label: Label,
    /// Modality.
    pub modality: Modality,
    /// View.
    pub view: View,
    /// Sex of the patient.
    pub sex: Option<Sex>,
    /// Age of the patient at the examination.
    pub age: Option<Age>,
    /// When the image was taken, in days after an event of the illness.
    pub offset: Option<Offset>,
    /// Day of the examination. It identifies patients: results that can be shared do not have it.
    pub date: Option<Day>,
    /// What the collection says of the samples of the file, where the file does not say it.
    pub stated: Stated,
    /// Where the image was taken, in the publishers' words.
    pub location: Option<String>,
    /// Licence of this image, in the publishers' words.
    pub licence: Option<String>,
    /// Page or case that the image was taken from.
    pub url: Option<String>,
    /// Whether the image was made from another one.
    pub origin: Origin,
    /// Whether the image is a drawing (a phantom), which shows no patient.
    pub drawn: bool,
    /// The collection that this one took the image from, where the file's name gives it away.
    pub taken_from: Option<SourceName>,
    /// Line of the metadata file (the first line is 1) that describes this image.
    pub row: Option<u64>,
    /// Format and size as published, where a copy was made smaller and a list of the originals lies beside it.
    pub published: Option<PublishedImage>,
}

impl Record {
    /// A record about which nothing is known but where it lies.
    pub fn new(id: RecordId, path: impl Into<PathBuf>) -> Self {
        Self {
            id,
            path: path.into(),
            patient: None,
            label: Label::unknown(),
            modality: Modality::Unknown,
            view: View::Unknown,
            sex: None,
            age: None,
            offset: None,
            date: None,
            stated: Stated::default(),
            location: None,
            licence: None,
            url: None,
            origin: Origin::AsPublished,
            drawn: false,
            taken_from: None,
            row: None,
            published: None,
        }
    }

    /// The collection that the record comes from.
    pub fn source(&self) -> &SourceName {
        self.id.source()
    }

    /// The one class that is known to be present.
    pub fn class(&self) -> Option<&ClassName> {
        self.label.class()
    }
}

/// Whether an image was made from another one.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Not known to be made from another image.
    #[default]
    AsPublished,
    /// Rotated, flipped or otherwise altered from this record.
    AugmentedFrom(RecordId),
    /// Altered from an image that its publishers do not name. Must not be used for testing until its parent is found.
    AugmentedFromUnknown,
}

impl Origin {
    /// Whether the image was made from another one, known or not.
    pub fn is_augmented(&self) -> bool {
        !matches!(self, Self::AsPublished)
    }
}
