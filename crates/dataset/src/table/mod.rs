//! Reads tables, with limits on their size, and accounts for every bad row. What columns mean is not known here.
//!
//! [`read_table`] reads a published table, whose form and columns are known; [`Cells`] reads a table of any form.

mod any_form;
mod cells;
mod error;
mod form;
mod text;
mod workbook;

use std::{
    cell::Cell,
    io::{self, Read},
    path::Path,
    rc::Rc,
};

use encoding_rs::WINDOWS_1252;
use serde::de::DeserializeOwned;

pub use self::{
    cells::Cells,
    error::TableError,
    form::{CellsForm, Encoding, Separator},
};
use crate::Reason;

/// How a collection's table is written.
#[derive(Clone, Copy, Debug)]
pub struct TableFormat<'a> {
    /// Columns without which the rows mean nothing. Alternatives are separated by `|`.
    pub required: &'a [&'a str],
    /// Its characters.
    pub encoding: TableEncoding,
    /// Whether rows may end with a comma more than the header has.
    pub trailing_comma: bool,
    /// Bytes that one row may have.
    pub row_limit: u64,
    /// Rows that the table may have.
    pub rows_limit: usize,
}

/// Characters of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TableEncoding {
    /// UTF-8, with or without a byte order mark. Rows that are not UTF-8 are excluded.
    Utf8,
    /// Windows-1252; a row that is valid UTF-8 (the table was saved again) is taken as that.
    Windows1252,
}

impl<'a> TableFormat<'a> {
    /// UTF-8, rows of at most 1 MiB, at most five million of them.
    pub fn utf8(required: &'a [&'a str]) -> Self {
        Self {
            required,
            encoding: TableEncoding::Utf8,
            trailing_comma: false,
            row_limit: 1 << 20,
            rows_limit: 5_000_000,
        }
    }

    /// The same in Windows-1252.
    pub fn windows_1252(required: &'a [&'a str]) -> Self {
        Self { encoding: TableEncoding::Windows1252, ..Self::utf8(required) }
    }
}

/// A row that was read.
#[derive(Clone, Debug)]
pub struct Row<T> {
    /// Line at which it begins; the header is line 1.
    pub line: u64,
    /// Its columns.
    pub columns: T,
}

/// The rows of a table: those that could be read, and those that could not.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// Rows that were read.
    pub read: Vec<Row<T>>,
    /// Lines of rows that were not, with the reason.
    pub refused: Vec<(u64, Reason)>,
}

/// Reads a table; `path` is for messages only.
///
/// The header's names lose surrounding blanks and a byte order mark. Columns that `T` does not name are skipped.
///
/// # Errors
///
/// [`TableError::Encoding`], [`TableError::MissingColumns`], [`TableError::AmbiguousColumn`],
/// [`TableError::RowTooLong`], [`TableError::TooManyRows`] or [`TableError::Read`]: the table as a whole cannot be
/// read.
pub fn read_table<T: DeserializeOwned>(
    table: impl Read,
    path: &Path,
    format: &TableFormat<'_>,
) -> Result<Rows<T>, TableError> {
    let mut rows = Rows { read: Vec::new(), refused: Vec::new() };
    each_row(table, path, format, |line, row| {
        match row {
            Ok(columns) => rows.read.push(Row { line, columns }),
            Err(reason) => rows.refused.push((line, reason)),
        }
        Ok::<_, TableError>(())
    })?;
    Ok(rows)
}

/// Reads a table row by row, so that no more than one row is in memory; as [`read_table`]. `each` takes the line at which
/// a row begins and its columns, or why they cannot be read.
///
/// # Errors
///
/// Those of [`read_table`], and the first of `each`.
pub(crate) fn each_row<T: DeserializeOwned, E: From<TableError>>(
    table: impl Read,
    path: &Path,
    format: &TableFormat<'_>,
    mut each: impl FnMut(u64, Result<T, Reason>) -> Result<(), E>,
) -> Result<(), E> {
    let budget = Rc::new(Cell::new(format.row_limit));
    let limited = LimitedReader { inner: table, budget: budget.clone() };
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(limited);

    let mut bytes = csv::ByteRecord::new();
    read_row(&mut reader, &mut bytes, path, format)?;
    let header = header(&bytes, path, format)?;

    let mut rows = 0;
    loop {
        budget.set(format.row_limit);
        if !read_row(&mut reader, &mut bytes, path, format)? {
            return Ok(());
        }
        if rows == format.rows_limit {
            return Err(TableError::TooManyRows { path: path.to_owned(), limit: format.rows_limit }.into());
        }
        rows += 1;
        let line = first_line(&bytes, reader.position().line());
        each(line, row(&mut bytes, &header, format))?;
    }
}

/// Line at which a row begins. `csv` counts blank lines before a row as the row's own.
fn first_line(row: &csv::ByteRecord, next: u64) -> u64 {
    let counted = row.position().map_or(0, csv::Position::line);
    let inside = row.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    counted.max(next.saturating_sub(inside + 1))
}

fn row<T: DeserializeOwned>(
    bytes: &mut csv::ByteRecord,
    header: &csv::StringRecord,
    format: &TableFormat<'_>,
) -> Result<T, Reason> {
    if format.trailing_comma && bytes.len() == header.len() + 1 && bytes.get(header.len()) == Some(b"") {
        bytes.truncate(header.len());
    }
    let count = Reason::FieldCount { expected: header.len(), got: bytes.len() };
    if bytes.len() != header.len() {
        return Err(count);
    }
    let text = decode(bytes, format.encoding).ok_or(Reason::NotText { encoding: "UTF-8" })?;
    // Every column of a row type is text, so nothing but a missing field could fail here.
    text.deserialize(Some(header)).map_err(|_| count)
}

fn header(
    bytes: &csv::ByteRecord,
    path: &Path,
    format: &TableFormat<'_>,
) -> Result<csv::StringRecord, TableError> {
    let first = bytes.get(0).unwrap_or_default();
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        return Err(TableError::Encoding { path: path.to_owned(), found: "UTF-16" });
    }
    let Some(text) = decode(bytes, format.encoding) else {
        return Err(TableError::Encoding { path: path.to_owned(), found: "something other than UTF-8" });
    };
    let header: csv::StringRecord =
        text.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();

    let missing: Vec<String> = format
        .required
        .iter()
        .filter(|names| !names.split('|').any(|name| header.iter().any(|column| column == name)))
        .map(|names| names.replace('|', " or "))
        .collect();
    if !missing.is_empty() {
        let found = header.iter().take(40).map(|name| name.chars().take(40).collect()).collect();
        return Err(TableError::MissingColumns { path: path.to_owned(), missing, found });
    }
    let mut names: Vec<&str> = header.iter().filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(TableError::AmbiguousColumn { path: path.to_owned(), column: twice[0].to_owned() });
    }
    Ok(header)
}

fn decode(bytes: &csv::ByteRecord, encoding: TableEncoding) -> Option<csv::StringRecord> {
    match csv::StringRecord::from_byte_record(bytes.clone()) {
        Ok(text) => Some(text),
        Err(_) if encoding == TableEncoding::Utf8 => None,
        Err(_) => Some(bytes.iter().map(|field| WINDOWS_1252.decode_without_bom_handling(field).0).collect()),
    }
}

fn read_row(
    reader: &mut csv::Reader<LimitedReader<impl Read>>,
    row: &mut csv::ByteRecord,
    path: &Path,
    format: &TableFormat<'_>,
) -> Result<bool, TableError> {
    let line = reader.position().line();
    reader.read_byte_record(row).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            TableError::RowTooLong { path: path.to_owned(), row: line, limit: format.row_limit }
        }
        csv::ErrorKind::Io(source) => TableError::Read { path: path.to_owned(), source },
        // With `flexible` and bytes, csv has no other complaints; its text says what this one is.
        other => TableError::Read { path: path.to_owned(), source: io::Error::other(format!("{other:?}")) },
    })
}

/// Refuses to hand on more bytes than the budget, which is filled up before each row: so a row of any length costs no
/// more memory than the limit. Drops carriage returns, for with them the line numbers of `csv` lag by one.
struct LimitedReader<R> {
    inner: R,
    budget: Rc<Cell<u64>>,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.budget.get();
            if left == 0 {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.inner.read(&mut buffer[..most])?;
            self.budget.set(left - read as u64);
            let mut kept = 0;
            for at in 0..read {
                if buffer[at] != b'\r' {
                    buffer[kept] = buffer[at];
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Film {
        name: String,
        #[serde(default)]
        view: String,
    }

    fn read(table: &[u8], format: &TableFormat<'_>) -> Result<Rows<Film>, TableError> {
        read_table(table, Path::new("films.csv"), format)
    }

    #[test]
    fn a_mark_blanks_and_unknown_columns_do_not_matter() {
        let rows =
            read(b"\xef\xbb\xbfname, view,,\r\na,PA,1,2\r\n", &TableFormat::utf8(&["name", "view"])).unwrap();
        assert_eq!(rows.read[0].columns, Film { name: "a".into(), view: "PA".into() });
        assert_eq!(rows.read[0].line, 2);
    }

    #[test]
    fn rows_of_the_wrong_length_are_refused_with_their_line() {
        for table in [
            "name,view\na\nb,PA\n\"c\nc\",AP,X\n\nd\n",
            "name,view\r\na\r\nb,PA\r\n\"c\r\nc\",AP,X\r\n\r\nd\r\n",
        ] {
            let rows = read(table.as_bytes(), &TableFormat::utf8(&["name"])).unwrap();
            let count = |got| Reason::FieldCount { expected: 2, got };
            assert_eq!(rows.read[0].line, 3);
            assert_eq!(rows.refused, [(2, count(1)), (4, count(3)), (7, count(1))]);
        }
    }

    #[test]
    fn one_comma_too_many_is_forgiven_only_where_it_is_published_so() {
        let table = b"name,view\na,PA,\nb,PA,x\n";
        let strict = TableFormat::utf8(&["name"]);
        assert_eq!(read(table, &strict).unwrap().refused.len(), 2);
        let rows = read(table, &TableFormat { trailing_comma: true, ..strict }).unwrap();
        assert_eq!((rows.read.len(), rows.refused.len()), (1, 1));
    }

    #[test]
    fn the_row_limit_is_on_rows_and_not_on_the_table() {
        let format = TableFormat { row_limit: 1 << 14, ..TableFormat::utf8(&["name"]) };
        let mut table = b"name\n".to_vec();
        for _ in 0..100 {
            table.extend([b'x'; 1000]);
            table.push(b'\n');
        }
        assert_eq!(read(&table, &format).unwrap().read.len(), 100);
        table.extend([b'"'; 1]);
        table.extend([b'y'; 40_000]);
        assert!(matches!(read(&table, &format), Err(TableError::RowTooLong { row: 102, .. })));
    }

    #[test]
    fn encodings() {
        let latin = b"name,view\nd\xe9j\xe0 38\xb0,PA\n";
        let rows = read(latin, &TableFormat::windows_1252(&["name"])).unwrap();
        assert_eq!(rows.read[0].columns.name, "déjà 38°");
        let rows =
            read("name,view\ndéjà 38°,PA\n".as_bytes(), &TableFormat::windows_1252(&["name"])).unwrap();
        assert_eq!(rows.read[0].columns.name, "déjà 38°");
        let rows = read(latin, &TableFormat::utf8(&["name"])).unwrap();
        assert_eq!(rows.refused, [(2, Reason::NotText { encoding: "UTF-8" })]);
        let wide = b"\xff\xfen\0a\0m\0e\0\n\0";
        assert!(matches!(read(wide, &TableFormat::utf8(&["name"])), Err(TableError::Encoding { .. })));
    }

    #[test]
    fn headers_that_do_not_fit() {
        let missing = read(b"name\na\n", &TableFormat::utf8(&["name", "view|projection"]));
        let Err(TableError::MissingColumns { missing, .. }) = missing else { panic!("{missing:?}") };
        assert_eq!(missing, ["view or projection"]);
        let twice = read(b"name,view,view\n", &TableFormat::utf8(&["name"]));
        assert!(matches!(twice, Err(TableError::AmbiguousColumn { .. })));
        assert!(matches!(read(b"", &TableFormat::utf8(&["name"])), Err(TableError::MissingColumns { .. })));
    }
}
