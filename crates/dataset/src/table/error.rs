//! Errors of a table as a whole. A bad row is a [`Reason`](crate::Reason) instead and does not end the reading.

use std::{io, path::PathBuf};

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Two columns have one name.
    #[error("{}: two columns are named {column:?}; rename or remove one", path.display())]
    AmbiguousColumn {
        /// The table.
        path: PathBuf,
        /// The name.
        column: String,
    },

    /// The encoding is not supported.
    #[error("{}: the table is encoded in {found}; save it as UTF-8", path.display())]
    Encoding {
        /// The table.
        path: PathBuf,
        /// Encoding found.
        found: &'static str,
    },

    /// Columns without which the rows mean nothing are missing.
    #[error("{}: no column {}; the header has {}", path.display(), missing.join(", "), found.join(", "))]
    MissingColumns {
        /// The table.
        path: PathBuf,
        /// Missing columns.
        missing: Vec<String>,
        /// Columns of the header; a long header is cut.
        found: Vec<String>,
    },

    /// The table has no row with text.
    #[error("{}: no header; the first row of a table names its columns", path.display())]
    NoHeader {
        /// The table.
        path: PathBuf,
    },

    /// The operating system refuses the file.
    #[error("{}: {source}", path.display())]
    Read {
        /// The table.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A row does not end within the limit: an unclosed quote, or not a table.
    #[error("{}: row {row} is longer than {limit} bytes; is a quotation mark left open?", path.display())]
    RowTooLong {
        /// The table.
        path: PathBuf,
        /// Line at which the row begins; the header is line 1.
        row: u64,
        /// Maximum number of bytes in a row.
        limit: u64,
    },

    /// The table has more rows than the limit.
    #[error("{}: more than {limit} rows", path.display())]
    TooManyRows {
        /// The table.
        path: PathBuf,
        /// Maximum number of rows.
        limit: usize,
    },

    /// The table is larger than the limit.
    #[error("{}: larger than {limit} bytes; split it into several tables", path.display())]
    TooLarge {
        /// The table.
        path: PathBuf,
        /// Maximum number of bytes.
        limit: u64,
    },

    /// A workbook cannot be read: it is damaged, locked, too large or without the sheet.
    #[error("{}: this workbook cannot be read: {reason}; save the sheet as CSV if nothing else helps", path.display())]
    Workbook {
        /// The workbook.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
}
