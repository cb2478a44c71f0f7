//! Finds the encoding and the separator of a table.

use std::{borrow::Cow, path::Path};

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Encoding, Separator, TableError};

/// Bytes at the beginning that are looked at.
const LOOKED_AT: usize = 1 << 16;
/// Rows at the beginning that must agree on a separator.
const ROWS: usize = 20;

/// The characters of a table, with `\n` at the end of lines and without a byte order mark.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    path: &Path,
    given: Option<Encoding>,
) -> Result<Cow<'a, str>, TableError> {
    let wrong = |found| TableError::Encoding { path: path.to_owned(), found };
    let text = match given.unwrap_or_else(|| encoding(bytes)) {
        Encoding::Utf8 => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| wrong("something other than UTF-8"))?)
        }
        Encoding::Utf16 => {
            let (order, bytes) = match bytes {
                [0xfe, 0xff, rest @ ..] => (UTF_16BE, rest),
                [0xff, 0xfe, rest @ ..] => (UTF_16LE, rest),
                rest => (UTF_16LE, rest),
            };
            let (text, had_errors) = order.decode_without_bom_handling(bytes);
            if had_errors {
                return Err(wrong("damaged UTF-16"));
            }
            text
        }
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text })
}

fn encoding(bytes: &[u8]) -> Encoding {
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    // Every other byte of letters in UTF-16 is zero, and no other text holds a zero.
    let zeros = start.chunks_exact(2).filter(|pair| pair[1] == 0 && pair[0] != 0).count();
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") || zeros * 4 > start.len().max(1) {
        Encoding::Utf16
    } else if std::str::from_utf8(bytes).is_ok() {
        Encoding::Utf8
    } else {
        Encoding::Windows1252
    }
}

/// The separator on which the first rows agree with most columns, and the bytes of a first line `sep=;`, which Excel writes.
pub(super) fn separator(text: &str) -> (Separator, usize) {
    let known = [Separator::Comma, Separator::Semicolon, Separator::Tab, Separator::Bar];
    let first = text.lines().next().unwrap_or_default();
    if let Some([stated]) = first.trim().strip_prefix("sep=").map(str::as_bytes)
        && let Some(separator) = known.into_iter().find(|separator| separator.byte() == *stated)
    {
        return (separator, (first.len() + 1).min(text.len()));
    }
    let start = &text.as_bytes()[..text.len().min(LOOKED_AT)];
    let most = known.into_iter().rev().max_by_key(|separator| columns(start, *separator));
    (most.unwrap_or(Separator::Comma), 0)
}

/// Columns of the header if nearly all of the first rows have as many, 1 otherwise.
fn columns(start: &[u8], separator: Separator) -> usize {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .delimiter(separator.byte())
        .from_reader(start);
    let counts: Vec<usize> = reader.byte_records().take(ROWS).flatten().map(|row| row.len()).collect();
    let Some((header, rows)) = counts.split_first() else { return 1 };
    let agreeing = rows.iter().filter(|count| *count == header).count();
    if agreeing * 10 >= rows.len() * 8 { *header } else { 1 }
}
