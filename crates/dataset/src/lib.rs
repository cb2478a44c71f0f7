//! Collections of chest radiographs, read as published.
//!
//! A **source** ([`source`]) reads one collection and yields a [`Record`] for every image: id, path, patient, label with
//! its provenance, view, sex, age, licence. [`assemble`](assemble()) puts several collections into one list and filters it;
//! whatever is left out is kept with its reason. [`scan`] says what is in the collections and what is wrong with them,
//! before anything is trained on them.
//!
//! [`prepare`](prepare::prepare) goes the whole way: it finds images of the [same picture](same_picture), [groups](group)
//! what must stay together, [balances](balance) classes, [splits](split), and writes a [`manifest`] with a [`certificate`]
//! of what leaks; [`verify`](verify::verify) checks both later. A [`recipe`] holds the settings, and three have names.
//!
//! ```
//! use radiograph_dataset::{
//!     manifest::Manifest, phantom::collection::Collections, prepare::prepare, recipe::Preset, source::recognise,
//! };
//!
//! // Drawn films in the layouts of public collections, copies and all; your own folder of collections goes here.
//! let place = tempfile::tempdir()?;
//! Collections { patients: 40, seed: 3, side: 64 }.write(place.path(), |_, _| {})?;
//! let folder = place.path().join("collections");
//!
//! let recognised = recognise(&folder)?;
//! let prepared = prepare(&folder, &recognised.sources, &Preset::Trustworthy.recipe(), 7, &|_| {})?;
//! println!("{prepared}"); // how many came in, were excluded and why, are copies of each other, and went where
//! assert_eq!(prepared.certificate.train_to_test.shared_pictures, 0);
//!
//! prepared.write(&place.path().join("assembled"))?;
//! let manifest = Manifest::read(&place.path().join("assembled/manifest.csv"))?;
//! assert!(manifest.test().count() > 0 && manifest.folds() == 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is guessed: a label is present, absent or unknown, words are matched whole, and what the publishers leave
//! blank stays blank. Metadata and images are untrusted: no name in a table leads out of its collection's folder, every
//! size has a limit, and a bad row is an [`Exclusion`] that names file, row and reason, not the end of the reading.
//!
//! This crate knows nothing of networks and needs no libtorch.

pub mod assemble;
pub mod balance;
pub mod certificate;
mod error;
mod exclusion;
pub mod group;
pub mod image;
pub mod loader;
pub mod manifest;
pub mod phantom;
pub mod prepare;
pub mod preprocess;
pub mod recipe;
mod record;
pub mod same_picture;
pub mod scan;
pub mod sheet;
pub mod source;
pub mod split;
pub mod verify;

pub use assemble::assemble;
pub use error::DatasetError;
pub use exclusion::{Exclusion, Note, Oddity, Reason};
pub use record::{
    Age, COVID_19, ClassName, Event, Label, Modality, NORMAL, Offset, Origin, PNEUMONIA, PatientId, Presence,
    Provenance, Record, RecordId, Sex, SourceName, View,
};
