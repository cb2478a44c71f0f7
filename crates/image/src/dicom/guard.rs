//! Checks the lengths and nesting of a DICOM file's elements before their values are read.
//!
//! The reading library allocates what an element's length field asks for, up to 4 GiB, and recurses into nested
//! sequences; a file of a few bytes could exhaust memory or stack. Here every length is held against the bytes that
//! are there, and the nesting against a limit, with the library's own readers of headers, so that both see the same
//! elements.

use std::io::Cursor;

use dicom_dictionary_std::tags;
use dicom_encoding::decode::{Decode, explicit_le::ExplicitVRLittleEndianDecoder};
use dicom_object::Tag;
use dicom_parser::{
    StatefulDecode,
    dataset::{LazyDataToken, lazy_read::LazyDataSetReader},
};
use dicom_transfer_syntax_registry::{TransferSyntaxIndex, TransferSyntaxRegistry};

use super::{chain, damaged, unsupported};
use crate::Undecodable;

/// Bytes before the file meta group: the preamble and `DICM`.
const PREAMBLE: usize = 132;
/// Sequences within sequences. Radiographs nest three deep.
const DEPTH: usize = 16;

/// The transfer syntax UID of the file meta group.
pub(super) fn transfer_syntax(bytes: &[u8]) -> Result<String, Undecodable> {
    let mut found = None;
    let end = walk_meta(bytes, |tag, value| {
        if tag == tags::TRANSFER_SYNTAX_UID {
            let text = String::from_utf8_lossy(value);
            found = Some(text.trim_end_matches(['\0', ' ']).to_owned());
        }
    });
    end.and(found).ok_or_else(|| damaged("the file meta group names no transfer syntax"))
}

/// Checks the lengths of all elements behind the file meta group, and the depth of sequences.
pub(super) fn check_lengths(bytes: &[u8], syntax: &str) -> Result<(), Undecodable> {
    let start = walk_meta(bytes, |_, _| ()).ok_or_else(|| damaged("the file meta group is cut off"))?;
    let known =
        TransferSyntaxRegistry.get(syntax).ok_or_else(|| unsupported(format!("transfer syntax {syntax}")))?;
    let data = &bytes[start..];
    let mut reader =
        LazyDataSetReader::new_with_ts(Cursor::new(data), known).map_err(|error| damaged(chain(&error)))?;
    let mut depth = 0_usize;
    while let Some(token) = reader.advance() {
        let token = token.map_err(|error| damaged(chain(&error)))?;
        match &token {
            LazyDataToken::SequenceStart { .. } | LazyDataToken::PixelSequenceStart => {
                depth += 1;
                if depth > DEPTH {
                    return Err(damaged(format!("sequences nest more than {DEPTH} deep")));
                }
            }
            LazyDataToken::SequenceEnd => depth = depth.saturating_sub(1),
            LazyDataToken::LazyValue { header, decoder } => {
                let length = header.len.get().map_or(0, u64::from);
                check(length, left(data, decoder.position()), &header.tag.to_string())?;
            }
            LazyDataToken::LazyItemValue { len, decoder } => {
                check(u64::from(*len), left(data, decoder.position()), "a fragment of the pixels")?;
            }
            _ => {}
        }
        token.skip().map_err(|error| damaged(chain(&error)))?;
    }
    Ok(())
}

fn left(data: &[u8], position: u64) -> u64 {
    (data.len() as u64).saturating_sub(position)
}

fn check(length: u64, left: u64, what: &str) -> Result<(), Undecodable> {
    if length > left {
        return Err(damaged(format!("{what} claims {length} bytes, {left} are left in the file")));
    }
    Ok(())
}

/// Visits the elements of the file meta group, which is in explicit VR little endian whatever follows it; returns
/// where it ends, or `None` if an element reaches beyond the file.
fn walk_meta(bytes: &[u8], mut visit: impl FnMut(Tag, &[u8])) -> Option<usize> {
    let mut at = PREAMBLE;
    let mut end = None;
    while end.is_none_or(|end| at < end) {
        let mut rest = bytes.get(at..)?;
        let (header, header_bytes) =
            ExplicitVRLittleEndianDecoder::default().decode_header(&mut rest).ok()?;
        let value = rest.get(..usize::try_from(header.len.get()?).ok()?)?;
        visit(header.tag, value);
        at += header_bytes + value.len();
        if end.is_none() {
            // The first element is the group's length; without it the group has no end.
            let length = (header.tag == tags::FILE_META_INFORMATION_GROUP_LENGTH).then_some(value)?;
            let length = u32::from_le_bytes(length.try_into().ok()?);
            end = Some(at.checked_add(usize::try_from(length).ok()?)?);
        }
    }
    end.filter(|&end| end == at && end <= bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file meta group of one element after its length.
    fn meta(kind_and_length: &[u8], value: &[u8]) -> Vec<u8> {
        let element = [&[0x02, 0x00, 0x10, 0x00], kind_and_length, value].concat();
        let group =
            [&[0x02, 0x00, 0x00, 0x00], b"UL".as_slice(), &[4, 0], &(element.len() as u32).to_le_bytes()];
        [&[0; 128], b"DICM".as_slice(), &group.concat(), &element].concat()
    }

    #[test]
    fn lengths_beyond_the_file_are_refused_before_values_are_read() {
        assert_eq!(transfer_syntax(&meta(b"UI\x08\0", b"1.2.840\0")).unwrap(), "1.2.840");
        // Kinds without a name have four bytes of length, as the reading library takes them.
        assert_eq!(transfer_syntax(&meta(b"zz\0\0\x08\0\0\0", b"1.2.840\0")).unwrap(), "1.2.840");
        for lie in [b"UI\xff\x00".as_slice(), b"zz\0\0\xf0\xff\xff\x7f", b"OB\0\0\xff\xff\xff\xff"] {
            transfer_syntax(&meta(lie, b"1.2.840\0")).unwrap_err();
        }
    }
}
