//! Faults of single rows of a manifest. Faults of the files that rows name are found by `verify`.

use crate::{ClassName, Reason, RecordId};

/// What is wrong with a row of a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestFault {
    /// The row cannot be taken apart.
    #[error("{0}")]
    Row(Reason),
    /// A cell holds what the column cannot.
    #[error("{value:?} in column {column}; {expected}")]
    Cell {
        /// The column.
        column: &'static str,
        /// Content of the cell.
        value: String,
        /// Allowed content.
        expected: &'static str,
    },
    /// Two rows have one id.
    #[error("{id} stands in line {first} already; every image has one row")]
    SecondRow {
        /// The id.
        id: RecordId,
        /// Line of the earlier row.
        first: u64,
    },
    /// A training or test image without a class, or an image in a part with a reason of exclusion.
    #[error("{id} is in part {part} and so needs {needed}")]
    Incomplete {
        /// The image.
        id: RecordId,
        /// Its part.
        part: &'static str,
        /// Missing value.
        needed: &'static str,
    },
    /// The source column contradicts the id.
    #[error("{id} is not of source {found:?}")]
    OtherSource {
        /// The image.
        id: RecordId,
        /// Content of the column.
        found: String,
    },
    /// The class is not among those that are expected.
    #[error("{id} has class {:?}; the classes are {}", class.as_str(), known.join(", "))]
    UnknownClass {
        /// The image.
        id: RecordId,
        /// Its class.
        class: ClassName,
        /// Known classes.
        known: Vec<String>,
    },
}
