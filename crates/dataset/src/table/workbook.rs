//! Reads a sheet of an Excel or OpenDocument workbook. Its size is checked before it is parsed.

use std::{
    io::{self, Cursor, Read},
    path::Path,
};

use calamine::{Data, Reader as _, open_workbook_auto_from_rs};
use zip::ZipArchive;

use super::{Cells, CellsForm, TableError};

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
    let range = workbook.worksheet_range(&name).map_err(|error| wrong(error.to_string()))?;
    let first_row = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
    let mut cells = Cells { columns: form.header.clone(), rows: Vec::new(), refused: Vec::new() };
    for (number, row) in (first_row..).zip(range.rows()) {
        cells.push(number, row.iter().map(text).collect(), path)?;
    }
    cells.require_header(path)
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
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
