//! Reads the elements of a DICOM data set, as slices of the file: nothing is allocated that a length field asks for.
//!
//! What writers get wrong and every viewer forgives is forgiven here: missing, zeroed and surplus delimiters, items that
//! are longer than their sequence, padding behind the data set, and pixels that are longer than they say. Reading ends at
//! Pixel Data, because nothing behind it is needed. A length that reaches beyond the file is an error anywhere before it.

use super::{
    damaged,
    element::{Encoding, Header},
    tags::{self, Tag},
};
use crate::{Note, Undecodable};

/// Sequences within sequences. Radiographs nest three deep.
const DEPTH: usize = 16;
/// Elements that are kept. A film has below a hundred, an enhanced object about ten for each frame.
const KEPT: usize = 400_000;
/// Fragments of compressed pixels.
const FRAGMENTS: usize = 1 << 20;

/// The elements of a data set that this crate reads.
#[derive(Debug, Default)]
pub(super) struct DataSet<'b> {
    elements: Vec<Element<'b>>,
    /// The file ends within an element's header.
    pub(super) cut: bool,
    /// The elements before the pixels are all here.
    pub(super) reached_pixels: bool,
    /// Lines and letters lie beside the pixels.
    pub(super) has_overlay: bool,
}

/// One element.
#[derive(Debug)]
pub(super) struct Element<'b> {
    pub(super) tag: Tag,
    /// Type, as the element names it or else as the standard does.
    pub(super) kind: [u8; 2],
    pub(super) big_endian: bool,
    pub(super) value: Value<'b>,
}

/// Value of an element.
#[derive(Debug)]
pub(super) enum Value<'b> {
    Bytes(&'b [u8]),
    /// Items of a sequence.
    Items(Vec<DataSet<'b>>),
    /// Compressed pixels, in the pieces that the file cuts them into.
    Fragments(Vec<&'b [u8]>),
}

impl<'b> DataSet<'b> {
    /// Reads a data set up to and with its pixels.
    pub(super) fn read(
        bytes: &'b [u8],
        declared: Encoding,
        notes: &mut Vec<Note>,
    ) -> Result<Self, Undecodable> {
        Walker { bytes, kept: 0, passes_pixels: true, notes }.whole(declared)
    }

    /// Reads a data set up to its pixels, of which nothing needs to be there.
    pub(super) fn read_before_pixels(
        bytes: &'b [u8],
        declared: Encoding,
        notes: &mut Vec<Note>,
    ) -> Result<Self, Undecodable> {
        Walker { bytes, kept: 0, passes_pixels: false, notes }.whole(declared)
    }

    /// The last element of this attribute, where a damaged file has several.
    pub(super) fn get(&self, tag: Tag) -> Option<&Element<'b>> {
        self.elements.iter().rev().find(|element| element.tag == tag)
    }

    /// The first item of a sequence.
    pub(super) fn first_item(&self, sequence: Tag) -> Option<&DataSet<'b>> {
        self.item(sequence, 0)
    }

    /// An item of a sequence, counted from 0.
    fn item(&self, sequence: Tag, number: usize) -> Option<&DataSet<'b>> {
        match &self.get(sequence)?.value {
            Value::Items(items) => items.get(number),
            _ => None,
        }
    }

    /// What a functional group says of one frame of an enhanced object (PS3.3 C.7.6.16): the frame's own group, else the one
    /// that all frames share.
    pub(super) fn group_of(&self, frame: u32, group: Tag) -> Option<&DataSet<'b>> {
        let own = self.item(tags::PER_FRAME_FUNCTIONAL_GROUPS, frame as usize);
        let shared = self.first_item(tags::SHARED_FUNCTIONAL_GROUPS);
        [own, shared].into_iter().flatten().find_map(|groups| groups.first_item(group))
    }
}

/// Where in the tree of a data set the walker is.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// Whether elements are kept here, or only passed.
    keep: bool,
}

struct Walker<'b, 'n> {
    bytes: &'b [u8],
    kept: usize,
    passes_pixels: bool,
    notes: &'n mut Vec<Note>,
}

impl<'b> Walker<'b, '_> {
    fn whole(mut self, declared: Encoding) -> Result<DataSet<'b>, Undecodable> {
        self.data_set(&mut 0, self.bytes.len(), declared, Place { depth: 0, keep: true })
    }

    /// Reads elements from `at` up to `end`, or to the delimiter of the item that they are in.
    fn data_set(
        &mut self,
        at: &mut usize,
        end: usize,
        declared: Encoding,
        place: Place,
    ) -> Result<DataSet<'b>, Undecodable> {
        let encoding = Encoding::of_start(&self.bytes[*at..end], declared);
        if encoding != declared && place.depth == 0 {
            self.notes.push(Note::OtherEncoding);
        }
        let mut set = DataSet::default();
        while *at < end {
            let Some(header) = Header::read(&self.bytes[*at..end], encoding) else {
                set.cut = place.depth == 0;
                *at = end;
                break;
            };
            match header.tag {
                // Zeros fill the file up to a block of some tape or archive.
                Tag(0, 0) if header.length == Some(0) && place.depth == 0 => {
                    *at = end;
                    break;
                }
                tags::ITEM_END | tags::SEQUENCE_END if place.depth == 0 => {
                    *at += header.bytes;
                    continue;
                }
                tags::ITEM_END => {
                    *at += header.bytes;
                    break;
                }
                // The delimiter of the item is missing.
                tags::ITEM | tags::SEQUENCE_END if place.depth > 0 => break,
                tags::ITEM => return Err(damaged("an item outside of a sequence")),
                _ => {}
            }
            *at += header.bytes;
            let is_pixels = header.tag == tags::PIXEL_DATA && place.depth == 0;
            set.reached_pixels |= is_pixels;
            if is_pixels && !self.passes_pixels {
                break;
            }
            set.has_overlay |= header.tag.is_overlay();
            let value = self.value(at, end, &header, encoding, place)?;
            if place.keep && header.tag.name().is_some() {
                self.kept += 1;
                if self.kept > KEPT {
                    return Err(damaged("the elements repeat without end"));
                }
                let kind = header.kind.unwrap_or(header.tag.kind());
                let big_endian = encoding.big_endian;
                set.elements.push(Element { tag: header.tag, kind, big_endian, value });
            }
            if is_pixels {
                break;
            }
        }
        Ok(set)
    }

    fn value(
        &mut self,
        at: &mut usize,
        end: usize,
        header: &Header,
        encoding: Encoding,
        place: Place,
    ) -> Result<Value<'b>, Undecodable> {
        let is_sequence = header.kind.unwrap_or(header.tag.kind()) == *b"SQ" || header.tag.kind() == *b"SQ";
        let inner = Place { depth: place.depth + 1, keep: place.keep && header.tag.name().is_some() };
        if let Some(length) = header.length {
            let length = length as usize;
            let left = end - *at;
            let taken = if length <= left {
                length
            } else if header.tag == tags::PIXEL_DATA && place.depth == 0 {
                left // whether they are enough is known when they are counted
            } else {
                return Err(damaged(format!(
                    "{} claims {length} bytes, {left} are left in the file",
                    header.tag
                )));
            };
            let value_end = *at + taken;
            let value = &self.bytes[*at..value_end];
            if is_sequence && inner.keep {
                let items = self.items(at, value_end, encoding, inner)?;
                *at = value_end;
                return Ok(Value::Items(items));
            }
            *at = value_end;
            return Ok(Value::Bytes(value));
        }
        let is_pixels = header.tag == tags::PIXEL_DATA || header.kind.is_some_and(|kind| kind[0] == b'O');
        if is_pixels && !is_sequence {
            return self.fragments(at, end, encoding).map(Value::Fragments);
        }
        // What an unknown type of unknown length holds is in implicit little endian, whatever is around it (PS3.5 6.2.2).
        let encoding = if header.kind == Some(*b"UN") { Encoding::IMPLICIT } else { encoding };
        self.items(at, end, encoding, inner).map(Value::Items)
    }

    /// The items of a sequence, up to its delimiter or to what cannot be an item.
    fn items(
        &mut self,
        at: &mut usize,
        end: usize,
        encoding: Encoding,
        place: Place,
    ) -> Result<Vec<DataSet<'b>>, Undecodable> {
        if place.depth > DEPTH {
            return Err(damaged(format!("sequences nest more than {DEPTH} deep")));
        }
        let mut items = Vec::new();
        while let Some(header) = Header::read(&self.bytes[*at..end], encoding) {
            match header.tag {
                tags::SEQUENCE_END => {
                    *at += header.bytes;
                    break;
                }
                tags::ITEM_END => {
                    *at += header.bytes;
                    continue;
                }
                tags::ITEM => *at += header.bytes,
                _ => break,
            }
            let item_end = header.length.map_or(end, |length| at.saturating_add(length as usize).min(end));
            let item = self.data_set(at, item_end, encoding, place)?;
            if header.length.is_some() {
                *at = item_end;
            }
            if place.keep {
                self.kept += 1;
                if self.kept > KEPT {
                    return Err(damaged("the items repeat without end"));
                }
                items.push(item);
            }
        }
        Ok(items)
    }

    /// The fragments of compressed pixels, with the offset table that is the first of them.
    fn fragments(
        &mut self,
        at: &mut usize,
        end: usize,
        encoding: Encoding,
    ) -> Result<Vec<&'b [u8]>, Undecodable> {
        let mut fragments = Vec::new();
        loop {
            let header = Header::read(&self.bytes[*at..end], encoding);
            let Some(header) = header.filter(|header| header.tag == tags::ITEM) else {
                let is_end = header.is_some_and(|header| header.tag == tags::SEQUENCE_END);
                // An odd fragment that was padded after its length was written.
                let padded = Header::read(self.bytes.get(*at + 1..end).unwrap_or_default(), encoding);
                if !is_end
                    && padded.is_some_and(|header| matches!(header.tag, tags::ITEM | tags::SEQUENCE_END))
                {
                    *at += 1;
                    continue;
                }
                if !is_end {
                    self.notes.push(Note::NoDelimiter);
                }
                *at += header.filter(|_| is_end).map_or(0, |header| header.bytes);
                return Ok(fragments);
            };
            *at += header.bytes;
            let left = end - *at;
            let length = header.length.ok_or_else(|| damaged("a fragment of the pixels has no length"))?;
            if length as usize > left {
                return Err(damaged(format!(
                    "the pixels are cut off: a fragment claims {length} bytes, {left} are left in the file"
                )));
            }
            fragments.push(&self.bytes[*at..*at + length as usize]);
            *at += length as usize;
            if fragments.len() > FRAGMENTS {
                return Err(damaged("the fragments of the pixels have no end"));
            }
        }
    }
}
