//! Opens a DICOM file: finds the file meta group, the transfer syntax and the data set.
//!
//! Files from archives lack the preamble, the file meta group or its length, or have a wrong one. All of these are read:
//! the group ends where its last element ends, and a data set without it shows its encoding by its first elements. Only
//! a file meta group without a transfer syntax is refused, because the coding of the pixels is then unknown.

use std::{borrow::Cow, io::Read};

use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::{
    damaged,
    element::{Encoding, Header},
    tags,
    transfer_syntax::{Coding, TransferSyntax},
    unsupported,
};
use crate::{Note, Undecodable, bare};

/// Bytes before the file meta group: the preamble and `DICM`.
const PREAMBLE: usize = 132;

/// A DICOM file whose data set can be read.
#[derive(Debug)]
pub(super) struct File<'b> {
    pub(super) coding: Coding,
    pub(super) encoding: Encoding,
    /// The data set, inflated if the file deflates it.
    pub(super) data: Cow<'b, [u8]>,
}

impl<'b> File<'b> {
    /// Opens a file; a deflated data set may have at most `inflated` bytes.
    pub(super) fn open(bytes: &'b [u8], inflated: u64, notes: &mut Vec<Note>) -> Result<Self, Undecodable> {
        let start = if bytes.get(PREAMBLE - 4..PREAMBLE) == Some(b"DICM") {
            PREAMBLE
        } else {
            if !bare::begins(bytes) {
                return Err(damaged("it begins neither with a preamble nor with an element"));
            }
            notes.push(Note::NoPreamble);
            if bytes.starts_with(b"DICM") { 4 } else { 0 }
        };
        let meta = Meta::read(bytes, start)?;
        let data = &bytes[meta.end..];
        if meta.is_empty {
            if data.is_empty() {
                return Err(damaged("the file ends behind its preamble"));
            }
            notes.push(Note::NoMetaGroup);
            let encoding = Encoding::of_start(data, Encoding::IMPLICIT);
            let Encoding { explicit, big_endian } = encoding;
            let coding = Coding::Uncompressed { explicit, big_endian };
            return Ok(Self { coding, encoding, data: Cow::Borrowed(data) });
        }
        let uid =
            meta.transfer_syntax.ok_or_else(|| damaged("the file meta group names no transfer syntax"))?;
        let coding = TransferSyntax::coding(&uid)
            .ok_or_else(|| unsupported(format!("pixels in the unknown transfer syntax {uid}")))?;
        if let Some(declared) = meta.declared
            && declared != meta.found
        {
            notes.push(Note::GroupLength { declared, found: meta.found });
        }
        let data = match coding {
            Coding::DeflatedDataSet => Cow::Owned(inflate(data, inflated)?),
            _ => Cow::Borrowed(data),
        };
        Ok(Self { coding, encoding: coding.encoding(), data })
    }
}

/// Content of the file meta group.
struct Meta {
    transfer_syntax: Option<String>,
    /// Length that the group says it has behind the element that says it.
    declared: Option<u64>,
    /// Length that it has.
    found: u64,
    end: usize,
    is_empty: bool,
}

impl Meta {
    /// Reads the elements of group 2, which are in explicit VR little endian whatever follows them.
    fn read(bytes: &[u8], start: usize) -> Result<Self, Undecodable> {
        let mut meta = Self { transfer_syntax: None, declared: None, found: 0, end: start, is_empty: true };
        let declared = Encoding::of_start(&bytes[start.min(bytes.len())..], Encoding::EXPLICIT);
        let encoding = Encoding { big_endian: false, ..declared };
        let mut counted_from = start;
        while let Some(header) = Header::read(bytes.get(meta.end..).unwrap_or_default(), encoding) {
            if header.tag.0 != 2 {
                break;
            }
            let value = header.length.and_then(|length| {
                let value_at = meta.end + header.bytes;
                bytes.get(value_at..value_at.checked_add(length as usize)?)
            });
            let value =
                value.ok_or_else(|| damaged(format!("the file meta group is cut off at {}", header.tag)))?;
            meta.end += header.bytes + value.len();
            meta.is_empty = false;
            match header.tag {
                tags::META_GROUP_LENGTH => {
                    meta.declared = value.first_chunk().map(|&length| u32::from_le_bytes(length).into());
                    counted_from = meta.end;
                }
                tags::TRANSFER_SYNTAX => {
                    let text = String::from_utf8_lossy(value);
                    let text = text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace());
                    meta.transfer_syntax = Some(text.to_owned()).filter(|text| !text.is_empty());
                }
                _ => {}
            }
        }
        meta.found = (meta.end - counted_from) as u64;
        Ok(meta)
    }
}

/// Inflates raw deflate data, or a zlib stream, which some writers put in its place.
pub(super) fn inflate(data: &[u8], limit: u64) -> Result<Vec<u8>, Undecodable> {
    let mut inflated = Vec::new();
    let raw = DeflateDecoder::new(data).take(limit.saturating_add(1)).read_to_end(&mut inflated);
    if let Err(error) = raw {
        inflated.clear();
        let zlib = ZlibDecoder::new(data).take(limit.saturating_add(1)).read_to_end(&mut inflated);
        zlib.map_err(|_| damaged(format!("the deflated data cannot be inflated: {error}")))?;
    }
    if inflated.len() as u64 > limit {
        return Err(Undecodable::TooMuchMemory { bytes: inflated.len() as u64, limit });
    }
    Ok(inflated)
}
