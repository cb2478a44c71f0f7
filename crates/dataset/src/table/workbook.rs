//! Reads a sheet of an Excel or OpenDocument workbook.
//!
//! The unpacked bytes of an archive are counted before it is parsed, and the cells of an Excel sheet before they are held. A cell that
//! holds an error (`#N/A`) is blank.

use std::{
    io::{self, Cursor, Read},
    path::Path,
};

use calamine::{Data, Reader as _, Sheets, open_workbook_auto_from_rs};
use zip::ZipArchive;

use super::{Cells, CellsForm, TableError};

/// Maximum number of cells of a sheet, blank ones included: 3 GB in the library.
const MOST_CELLS: u64 = 100_000_000;
const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Whether a file begins as a workbook does: a zip archive (`.xlsx`, `.ods`) or an OLE file (`.xls`).
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(OLE)
}

/// Reads the sheet that the form names, or the first one.
pub(super) fn read(bytes: &[u8], path: &Path, form: &CellsForm) -> Result<Cells, TableError> {
    let wrong = |reason: String| TableError::Workbook { path: path.to_owned(), reason };
    if bytes.starts_with(ZIP) {
        require_unpacked_size(bytes, Cells::SIZE_LIMIT)
            .map_err(|error| wrong(format!("it is damaged, incomplete or too large ({error})")))?;
    }
    let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| {
        wrong(match is_locked(bytes) {
            true => "it is locked with a password; take the password off".to_owned(),
            false => format!("it is damaged, incomplete or no workbook ({error})"),
        })
    })?;
    let sheets = workbook.sheet_names();
    let name = match form.sheet.as_deref() {
        Some(name) if sheets.iter().any(|sheet| sheet == name) => name.to_owned(),
        Some(name) => {
            return Err(wrong(format!("no sheet is named {name:?}; its sheets are {}", sheets.join(", "))));
        }
        None => sheets.first().cloned().ok_or_else(|| wrong("it has no sheet".to_owned()))?,
    };
    require_small_rectangle(&mut workbook, &name).map_err(wrong)?;
    let range = workbook.worksheet_range(&name).map_err(|error| wrong(error.to_string()))?;
    let first_row = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
    let mut cells = Cells { columns: form.header.clone(), rows: Vec::new(), refused: Vec::new() };
    for (number, row) in (first_row..).zip(range.rows()) {
        cells.push(number, row.iter().map(text).collect(), path)?;
    }
    cells.require_header(path)
}

/// Refuses a sheet whose cells lie too far apart: the library holds the rectangle around all of them, blank ones too. It gives no way
/// to count the cells of the other formats first.
fn require_small_rectangle<R: Read + io::Seek>(workbook: &mut Sheets<R>, sheet: &str) -> Result<(), String> {
    let Sheets::Xlsx(workbook) = workbook else { return Ok(()) };
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
    let (mut rows, mut columns) = (0_u64, 0_u64);
    while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        (rows, columns) = (rows.max(u64::from(row) + 1), columns.max(u64::from(column) + 1));
    }
    if rows * columns > MOST_CELLS {
        return Err(format!("its cells span {rows} rows and {columns} columns; delete what lies far out"));
    }
    Ok(())
}

/// Whether an OLE file holds an encrypted workbook: its directory names the stream that [MS-OFFCRYPTO], 1.3.2 gives one.
fn is_locked(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(OLE) && bytes.windows(name.len()).any(|part| part == name)
}

/// Counts what the archive unpacks to, whatever its directory says, and refuses more than `limit` bytes.
fn require_unpacked_size(bytes: &[u8], limit: u64) -> io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut left = limit;
    for index in 0..archive.len() {
        let file = archive.by_index(index)?;
        let unpacked = io::copy(&mut file.take(left + 1), &mut io::sink())?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| io::Error::other(format!("it unpacks to more than {limit} bytes")))?;
    }
    Ok(())
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Bool(is_true) => u8::from(*is_true).to_string(),
        Data::DateTime(date) => {
            if date.is_duration() {
                return date.as_f64().to_string();
            }
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workbook with one sheet of these cells.
    fn workbook(cells: &str) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{cells}</sheetData></worksheet>");
        let book = format!(
            "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
        );
        let relations = format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
        );
        let start = format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        );
        let files = [
            ("_rels/.rels", &start),
            ("xl/workbook.xml", &book),
            ("xl/_rels/workbook.xml.rels", &relations),
            ("xl/worksheets/sheet1.xml", &sheet),
        ];
        for (name, text) in files {
            writer.start_file(name, options).unwrap();
            io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn two_cells_at_opposite_corners_are_refused_before_the_rectangle_is_held() {
        let cell = |place: &str| format!("<c r=\"{place}\"><v>1</v></c>");
        let rows = |last: u32, place: &str| {
            format!("<row r=\"1\">{}</row><row r=\"{last}\">{}</row>", cell("A1"), cell(place))
        };
        require_small(&workbook(&rows(2, "B2"))).unwrap();
        let error = require_small(&workbook(&rows(1_048_576, "XFD1048576"))).unwrap_err();
        assert!(error.contains("1048576 rows and 16384 columns"), "{error}");
    }

    fn require_small(bytes: &[u8]) -> Result<(), String> {
        let mut workbook =
            open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        require_small_rectangle(&mut workbook, "a")
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused() {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file("xl/workbook.xml", options).unwrap();
        io::Write::write_all(&mut writer, &[b' '; 100_000]).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert!(require_unpacked_size(&bytes, 100_000).is_ok());
        let error = require_unpacked_size(&bytes, 99_999).unwrap_err();
        assert_eq!(error.to_string(), "it unpacks to more than 99999 bytes");
    }
}
