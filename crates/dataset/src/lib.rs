//! Reads collections of chest radiographs as published, groups copies and patients, and splits them without leaks.
//!
//! | step | module |
//! |---|---|
//! | recognise the collections below a folder and read their tables | [`source`] |
//! | describe what is in them and what is wrong with them | [`scan`] |
//! | filter records | [`assemble`](mod@assemble) |
//! | replace names of patients and files by pseudonyms | [`identifiers`] |
//! | group images of one picture or one patient | [`group`] |
//! | choose images so that classes are balanced | [`balance`] |
//! | split into training, validation and test | [`split`] |
//! | write and read the result | [`manifest`] |
//! | report what leaks between the parts | [`certificate`] |
//! | all of this in one call, by the settings of a [`recipe`] | [`prepare`] |
//! | check a finished result against the files | [`verify`] |
//!
//! Every image becomes a [`Record`]: id, path, patient, label with its provenance, view, sex, age, licence.
//!
//! ```
//! use radiograph_classes::Classes;
//! use radiograph_dataset::{identifiers::Identifiers, manifest::Manifest, prepare::prepare, recipe::Recipe, source::recognise};
//! use radiograph_phantoms::collection::Collections;
//!
//! // Drawn films in the layouts of public collections, copies and all; your own folder of collections goes here.
//! let place = tempfile::tempdir()?;
//! Collections { patients: 40, seed: 3, side: 64 }.write(place.path(), |_, _| {})?;
//! let folder = place.path().join("collections");
//!
//! let recognised = recognise(&folder)?;
//! let recipe = Recipe::trustworthy(Classes::of_the_paper());
//! let prepared = prepare(&folder, &recognised.sources, &recipe, &Identifiers::Kept, 7, &|_| {})?;
//! println!("{prepared}"); // how many came in, were excluded and why, are copies of each other, and went where
//! assert_eq!(prepared.certificate.train_to_test.shared_pictures, 0);
//!
//! prepared.write(&place.path().join("assembled"))?;
//! let manifest = Manifest::read(&place.path().join("assembled/manifest.csv"))?;
//! assert!(manifest.test().count() > 0 && manifest.folds() == 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is guessed: a label is present, absent or unknown, words are matched whole, and what the publishers leave blank
//! stays blank. Metadata and images are untrusted: no name in a table leads out of its collection's folder, every size has
//! a limit, and a bad row becomes an [`Exclusion`] with file, row and reason and does not end the reading.
//!
//! This crate needs no libtorch. `radiograph-image` decodes, `radiograph-same-picture` finds copies.

mod apportion;
pub mod assemble;
pub mod balance;
pub mod certificate;
mod error;
mod exclusion;
pub mod group;
pub mod identifiers;
pub mod manifest;
pub mod prepare;
pub mod recipe;
mod record;
pub mod scan;
pub mod source;
pub mod split;
pub mod table;
mod union;
pub mod verify;

pub use assemble::assemble;
pub use error::DatasetError;
pub use exclusion::{Exclusion, Note, Oddity, Reason};
pub use record::{
    Age, ClassName, Day, Event, GroupId, IdError, Label, Modality, NoDay, Offset, Origin, PatientId,
    Presence, Provenance, PublishedImage, Record, RecordId, Sex, SourceName, View,
};
