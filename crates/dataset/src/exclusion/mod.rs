//! Records why a row or file was left out ([`Exclusion`]), and what was odd about one that was not ([`Note`]).

mod oddity;
mod reason;

use std::fmt;

use serde::Serialize;

pub use self::{oddity::Oddity, reason::Reason};
use crate::{Record, SourceName};

/// A row or a file that did not become a record, or a record that a filter left out.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Exclusion {
    /// The collection.
    pub source: SourceName,
    /// The file, relative to the collection's folder, or the name that a row gives for it.
    pub file: Option<String>,
    /// Table that the row stands in, relative to the collection's folder.
    pub table: Option<String>,
    /// Line of the table.
    pub row: Option<u64>,
    /// The reason.
    pub reason: Reason,
    /// The record of the image, as far as it could be read.
    #[serde(skip)]
    pub record: Option<Box<Record>>,
}

impl Exclusion {
    /// Leaves a record out.
    pub fn of(record: Record, reason: Reason) -> Self {
        Self {
            source: record.source().clone(),
            file: Some(record.id.name().to_owned()),
            table: None,
            row: record.row,
            reason,
            record: Some(Box::new(record)),
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        if let Some(table) = &self.table {
            write!(formatter, ", {table}")?;
        }
        if let Some(row) = self.row {
            write!(formatter, ", row {row}")?;
        }
        if let Some(file) = &self.file {
            write!(formatter, ", {file:?}")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// An oddity that did not cost a record.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The collection.
    pub source: SourceName,
    /// The file, relative to the collection's folder, or the name that a row gives for it.
    pub file: Option<String>,
    /// Table that the row stands in, relative to the collection's folder.
    pub table: Option<String>,
    /// Line of the table.
    pub row: Option<u64>,
    /// The oddity.
    pub oddity: Oddity,
}
