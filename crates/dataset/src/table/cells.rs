//! Reads a table of any form as text: separators, encodings and workbooks are told by the content unless they are given.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{TableError, first_line, text, workbook};
use crate::Reason;

/// Form of a table; what is `None` is found out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CellsForm {
    /// Character between two cells.
    pub separator: Option<Separator>,
    /// Encoding of the characters.
    pub encoding: Option<Encoding>,
    /// Sheet of a workbook; the first one if not given.
    pub sheet: Option<String>,
}

/// Character between two cells of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, as spreadsheets of countries with decimal commas write it.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Bar,
    /// A space. Never found out, only given.
    Space,
}

/// Encoding of a table's characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16; the byte order mark says which, and little-endian without one.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Windows-1252, of which Latin-1 is a part.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

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

    /// Reads a table from its bytes; `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`TableError::Encoding`], [`TableError::Workbook`], [`TableError::NoHeader`], [`TableError::AmbiguousColumn`],
    /// [`TableError::RowTooLong`] or [`TableError::TooManyRows`]: the table as a whole cannot be read.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use radiograph_dataset::table::{Cells, CellsForm};
    ///
    /// let cells = Cells::read(b"\xef\xbb\xbfDatei;Befund\r\na.png;normal\r\n", Path::new("t.csv"), &CellsForm::default())?;
    /// assert_eq!(cells.columns, ["Datei", "Befund"]);
    /// assert_eq!((cells.rows[0].0, &cells.rows[0].1[1]), (2, "normal"));
    /// # Ok::<(), radiograph_dataset::table::TableError>(())
    /// ```
    pub fn read(bytes: &[u8], path: &Path, form: &CellsForm) -> Result<Self, TableError> {
        let cells = if workbook::is_workbook(bytes) {
            workbook::read(bytes, path, form.sheet.as_deref())?
        } else {
            Self::of_text(bytes, path, form)?
        };
        cells.check_columns(path)?;
        Ok(cells)
    }

    /// Position of a column by its exact name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn of_text(bytes: &[u8], path: &Path, form: &CellsForm) -> Result<Self, TableError> {
        let text = text::decode(bytes, path, form.encoding)?;
        let (separator, skipped) = match form.separator {
            Some(separator) => (separator, 0),
            None => text::separator(&text),
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(separator.byte())
            .from_reader(text[skipped..].as_bytes());
        let skipped_lines = text[..skipped].matches('\n').count() as u64;
        let mut cells = Self { columns: Vec::new(), rows: Vec::new(), refused: Vec::new() };
        let mut row = csv::ByteRecord::new();
        loop {
            let line = reader.position().line() + skipped_lines;
            // With `flexible`, bytes and a slice there is nothing that could go wrong but memory.
            let more = reader
                .read_byte_record(&mut row)
                .map_err(|error| TableError::Read { path: path.to_owned(), source: error.into() })?;
            if !more {
                break;
            }
            if row.as_slice().len() > Self::ROW_LIMIT {
                return Err(TableError::RowTooLong {
                    path: path.to_owned(),
                    row: line,
                    limit: Self::ROW_LIMIT as u64,
                });
            }
            let line = first_line(&row, reader.position().line()) + skipped_lines;
            let record = csv::StringRecord::from_byte_record_lossy(std::mem::take(&mut row));
            cells.push(line, record, path)?;
        }
        cells.require_header(path)
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

    fn check_columns(&self, path: &Path) -> Result<(), TableError> {
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

impl Separator {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
            Self::Space => b' ',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Cells {
        Cells::read(bytes, Path::new("films.csv"), &CellsForm::default()).unwrap()
    }

    fn utf_16(text: &str, big_endian: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn one_table_in_every_form() {
        let comma = "file,finding,view\nf/é.png,\"a, b; c\",PA\n\n\"x\ny.png\",d,\n";
        let semicolon = "file;finding;view\r\nf/é.png;a, b\u{3b} c;PA\r\n\r\n\"x\r\ny.png\";d;\r\n";
        let semicolon = semicolon.replace("a, b; c", "\"a, b; c\"");
        let tabs = "file\tfinding\tview\nf/é.png\ta, b; c\tPA\n\n\"x\ny.png\"\td\t\n";
        let old_mac = comma.replace('\n', "\r");
        let forms = [
            comma.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", comma.as_bytes()].concat(),
            semicolon.as_bytes().to_vec(),
            tabs.as_bytes().to_vec(),
            utf_16(tabs, false),
            utf_16(&semicolon, true),
            utf_16(comma, false)[2..].to_vec(),
            old_mac.into_bytes(),
            encoding_rs::WINDOWS_1252.encode(comma).0.into_owned(),
        ];
        for bytes in forms {
            let cells = read(&bytes);
            assert_eq!(cells.columns, ["file", "finding", "view"]);
            let rows: Vec<(u64, Vec<&str>)> =
                cells.rows.iter().map(|(line, row)| (*line, row.iter().collect())).collect();
            let expected = [(2, vec!["f/é.png", "a, b; c", "PA"]), (4, vec!["x\ny.png", "d", ""])];
            assert_eq!(rows, expected, "{}", bytes.escape_ascii());
            assert_eq!(cells.refused, []);
        }
    }

    #[test]
    fn spreadsheets_state_their_separator_and_pad_rows() {
        let cells = read(b"sep=;\nfile;view;;\na;PA;;\nb\nc;d;e;\n");
        assert_eq!(cells.columns, ["file", "view"]);
        assert_eq!(cells.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(&cells.rows[1].1[1], "");
        assert_eq!(cells.refused, [(5, Reason::FieldCount { expected: 2, got: 4 })]);
    }

    #[test]
    fn a_given_form_is_not_questioned() {
        let form = CellsForm { separator: Some(Separator::Space), ..CellsForm::default() };
        let cells = Cells::read(b"a b,c\n1 2\n", Path::new(""), &form).unwrap();
        assert_eq!(cells.columns, ["a", "b,c"]);
        let form = CellsForm { encoding: Some(Encoding::Utf8), ..CellsForm::default() };
        let wrong = Cells::read(b"a,b\n\xe9,2\n", Path::new("t.csv"), &form);
        assert!(matches!(wrong, Err(TableError::Encoding { .. })), "{wrong:?}");
    }

    #[test]
    fn tables_that_are_none() {
        let error = |bytes: &[u8]| Cells::read(bytes, Path::new("t.csv"), &CellsForm::default()).unwrap_err();
        assert!(matches!(error(b""), TableError::NoHeader { .. }));
        assert!(matches!(error(b"\n \n"), TableError::NoHeader { .. }));
        assert!(matches!(error(b"a,a\n"), TableError::AmbiguousColumn { .. }));
        let mut open = b"a,b\n1,\"".to_vec();
        open.resize(Cells::ROW_LIMIT + 100, b'x');
        assert!(matches!(error(&open), TableError::RowTooLong { row: 2, .. }), "{:?}", error(&open));
        assert!(matches!(error(b"PK\x03\x04rest"), TableError::Workbook { .. }));
        assert!(matches!(error(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), TableError::Workbook { .. }));
    }
}
