#![doc = include_str!("../README.md")]

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
