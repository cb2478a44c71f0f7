//! One finding of a scan: something in a collection that deserves a look.

use serde::Serialize;

use crate::SourceName;

/// Something that deserves a look.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The collection.
    pub source: SourceName,
    /// The file, as its collection names it; for findings about a patient, the patient.
    pub file: Option<String>,
    /// Table that the row stands in, relative to the collection's folder.
    pub table: Option<String>,
    /// Line of the table.
    pub row: Option<u64>,
    /// Subject.
    pub kind: FindingKind,
    /// A short name, the same for all findings of this sort.
    pub code: &'static str,
    /// One sentence.
    pub text: String,
}

/// Subject of a finding.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A row or a file that was left out.
    Excluded,
    /// Something odd about a row or a file that was not.
    Odd,
    /// Something doubtful about a picture.
    Image,
    /// Something doubtful about a patient.
    Patient,
}
