//! Reads a table of any form as text: separators, encodings and workbooks are told by the content unless they are given.

use std::path::Path;

use super::{Cells, CellsForm, TableError, first_line, text, workbook};

impl Cells {
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
            workbook::read(bytes, path, form)?
        } else {
            Self::of_text(bytes, path, form)?
        };
        cells.check_columns(path)?;
        Ok(cells)
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
        let mut cells = Self { columns: form.header.clone(), rows: Vec::new(), refused: Vec::new() };
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
            // A clone is as large as the row; a record that is read into grows by doubling.
            let record = csv::StringRecord::from_byte_record_lossy(row.clone());
            cells.push(line, record, path)?;
        }
        cells.require_header(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reason,
        table::{Encoding, Separator},
    };

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
    fn a_table_without_a_header_has_the_columns_that_are_given() {
        let header = ["patient", "image", "class", "source"].map(str::to_owned).to_vec();
        let form = CellsForm { separator: Some(Separator::Space), header, ..CellsForm::default() };
        let cells = Cells::read(b"19 a.jpg positive cohen\n20 b.jpg normal\n", Path::new(""), &form).unwrap();
        assert_eq!(cells.columns, ["patient", "image", "class", "source"]);
        let rows: Vec<(u64, Vec<&str>)> =
            cells.rows.iter().map(|(line, row)| (*line, row.iter().collect())).collect();
        let expected =
            [(1, vec!["19", "a.jpg", "positive", "cohen"]), (2, vec!["20", "b.jpg", "normal", ""])];
        assert_eq!(rows, expected);
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
