//! A table as text: names of columns, rows with their lines, rows that were refused.

use std::path::Path;

use super::TableError;
use crate::Reason;

/// A table as text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cells {
    /// Names of the columns, without blanks around them.
    pub columns: Vec<String>,
    /// Rows with their line (or row of the sheet); each has one cell for every column.
    pub rows: Vec<(u64, csv::StringRecord)>,
    /// Lines of rows that were not read, with the reason.
    pub refused: Vec<(u64, Reason)>,
}

impl Cells {
    /// Bytes that a table may have; a workbook may have as many when it is unpacked.
    pub const SIZE_LIMIT: u64 = 1 << 30;
    /// Bytes that one row may have.
    pub const ROW_LIMIT: usize = 1 << 20;
    /// Rows that a table may have.
    pub const ROWS_LIMIT: usize = 5_000_000;

    /// Position of a column by its exact name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Adds the header, then row after row. Cells beyond the header that are blank are dropped, and missing ones are blank: so
    /// spreadsheets write them.
    pub(super) fn push(
        &mut self,
        line: u64,
        mut row: csv::StringRecord,
        path: &Path,
    ) -> Result<(), TableError> {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        if self.columns.is_empty() {
            self.columns = row.iter().map(|name| name.trim().to_owned()).collect();
            while self.columns.last().is_some_and(String::is_empty) {
                self.columns.pop();
            }
            return Ok(());
        }
        if self.rows.len() + self.refused.len() == Self::ROWS_LIMIT {
            return Err(TableError::TooManyRows { path: path.to_owned(), limit: Self::ROWS_LIMIT });
        }
        let expected = self.columns.len();
        if row.iter().skip(expected).any(|cell| !cell.trim().is_empty()) {
            self.refused.push((line, Reason::FieldCount { expected, got: row.len() }));
            return Ok(());
        }
        row.truncate(expected);
        while row.len() < expected {
            row.push_field("");
        }
        self.rows.push((line, row));
        Ok(())
    }

    pub(super) fn require_header(self, path: &Path) -> Result<Self, TableError> {
        if self.columns.is_empty() { Err(TableError::NoHeader { path: path.to_owned() }) } else { Ok(self) }
    }

    pub(super) fn check_columns(&self, path: &Path) -> Result<(), TableError> {
        let mut names: Vec<&str> =
            self.columns.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => {
                Err(TableError::AmbiguousColumn { path: path.to_owned(), column: twice[0].to_owned() })
            }
            None => Ok(()),
        }
    }
}
