//! Reads the header of one DICOM element: which attribute, of which type, how long.
//!
//! Writers err: a data set declared explicit is implicit, or the reverse; single elements lack their type. Where the
//! bytes cannot mean what was declared, and can mean the other, they are read as the other.

use super::tags::Tag;

/// How the elements of a data set are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Encoding {
    /// Each element names its type.
    pub(super) explicit: bool,
    /// Most significant byte first.
    pub(super) big_endian: bool,
}

impl Encoding {
    pub(super) const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    pub(super) const EXPLICIT: Self = Self { explicit: true, big_endian: false };

    /// The encoding that the first element of a data set shows, where it contradicts the declared one.
    pub(super) fn of_start(bytes: &[u8], declared: Self) -> Self {
        let Some(&[first, second, _, _, third, fourth, ..]) = bytes.first_chunk::<8>() else {
            return declared;
        };
        // The first group of a data set is below 0x0100 in every film: one of its two bytes is zero.
        let big_endian = match (first, second) {
            (0, 1..) => true,
            (1.., 0) => false,
            _ => declared.big_endian,
        };
        if (first, second) == (0xFE, 0xFF) || (first, second) == (0xFF, 0xFE) {
            return declared; // items and delimiters never name a type
        }
        let read = |explicit: bool| {
            let encoding = Self { explicit, big_endian };
            let header = Header::read(bytes, encoding).filter(|header| header.fits(bytes.len()))?;
            Some((encoding, &bytes[header.bytes + header.length.map_or(0, |length| length as usize)..]))
        };
        let seen = if is_kind([third, fourth]) {
            read(true)
        } else {
            // One element without a type may stand among others that have one: two make an implicit data set.
            let names = |rest: &[u8]| rest.get(4..6).is_some_and(|kind| is_kind([kind[0], kind[1]]));
            read(false).filter(|(_, rest)| !(declared.explicit && names(rest)))
        };
        seen.map_or(declared, |(encoding, _)| encoding)
    }

    fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// Header of an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) tag: Tag,
    /// The type that the element names.
    pub(super) kind: Option<[u8; 2]>,
    /// Bytes of the value; `None` if delimiters end it.
    pub(super) length: Option<u32>,
    /// Bytes of the header.
    pub(super) bytes: usize,
}

impl Header {
    /// The header at the start of `bytes`; `None` if fewer bytes are left.
    pub(super) fn read(bytes: &[u8], encoding: Encoding) -> Option<Self> {
        let start = bytes.first_chunk::<8>()?;
        let tag = Tag(encoding.u16([start[0], start[1]]), encoding.u16([start[2], start[3]]));
        let kind = [start[4], start[5]];
        let implicit = Self {
            tag,
            kind: None,
            length: defined(encoding.u32([start[4], start[5], start[6], start[7]])),
            bytes: 8,
        };
        if tag.0 == 0xFFFE || !encoding.explicit {
            return Some(implicit);
        }
        let short =
            Self { tag, kind: Some(kind), length: Some(encoding.u16([start[6], start[7]]).into()), bytes: 8 };
        let long = bytes.first_chunk::<12>().map(|start| Self {
            tag,
            kind: Some(kind),
            length: defined(encoding.u32([start[8], start[9], start[10], start[11]])),
            bytes: 12,
        });
        if is_long(kind) {
            return long;
        }
        if is_kind(kind) {
            return Some(short);
        }
        // No type of the standard: an element without type, or one of a type that came after this was written. PS3.5
        // section 6.2 has such types use the long form.
        let long = long.filter(|_| start[6..8] == [0, 0]);
        let candidates =
            [Some(implicit).filter(|_| !kind.iter().all(u8::is_ascii_alphabetic)), long, Some(short)];
        candidates.into_iter().flatten().find(|header| header.fits(bytes.len())).or(long).or(Some(implicit))
    }

    fn fits(&self, bytes: usize) -> bool {
        let length = self.length.map_or(0, |length| length as usize);
        self.bytes.checked_add(length).is_some_and(|end| end <= bytes)
    }
}

fn defined(length: u32) -> Option<u32> {
    (length != u32::MAX).then_some(length)
}

/// Types with two reserved bytes and four of length.
fn is_long(kind: [u8; 2]) -> bool {
    const LONG: [&[u8; 2]; 13] =
        [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
    LONG.contains(&&kind)
}

fn is_kind(kind: [u8; 2]) -> bool {
    const SHORT: [&[u8; 2]; 21] = [
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH",
        b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
    ];
    SHORT.contains(&&kind) || is_long(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIG: Encoding = Encoding { explicit: true, big_endian: true };

    fn read(bytes: &[u8], encoding: Encoding) -> (Tag, Option<[u8; 2]>, Option<u32>, usize) {
        let header = Header::read(bytes, encoding).unwrap();
        (header.tag, header.kind, header.length, header.bytes)
    }

    /// The examples of PS3.5 section 7.1, and what writers make of them.
    #[test]
    fn headers_of_all_forms() {
        let rows = Tag(0x28, 0x10);
        assert_eq!(read(b"\x28\0\x10\0US\x02\0\x01\0", Encoding::EXPLICIT), (rows, Some(*b"US"), Some(2), 8));
        assert_eq!(read(b"\0\x28\0\x10US\0\x02\0\x01", BIG), (rows, Some(*b"US"), Some(2), 8));
        assert_eq!(read(b"\x28\0\x10\0\x02\0\0\0\x01\0", Encoding::IMPLICIT), (rows, None, Some(2), 8));
        let pixels = Tag(0x7FE0, 0x10);
        assert_eq!(
            read(b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF", Encoding::EXPLICIT),
            (pixels, Some(*b"OB"), None, 12)
        );
        // Without its type among elements that have one.
        assert_eq!(read(b"\x28\0\x10\0\x02\0\0\0\x01\0", Encoding::EXPLICIT), (rows, None, Some(2), 8));
        // A type that is not of the standard, in the long and in the short form.
        assert_eq!(read(b"\x28\0\x10\0ZZ\0\0\x02\0\0\0\x01\0", Encoding::EXPLICIT).2, Some(2));
        assert_eq!(read(b"\x28\0\x10\0xx\x02\0\x01\0", Encoding::EXPLICIT).2, Some(2));
        assert_eq!(Header::read(b"\x28\0\x10\0US", Encoding::EXPLICIT), None);
    }

    #[test]
    fn a_start_that_contradicts_its_declaration_is_believed() {
        let explicit = b"\x08\0\x05\0CS\x02\0AB";
        let implicit = b"\x08\0\x05\0\x02\0\0\0AB";
        let big = b"\0\x08\0\x05CS\0\x02AB";
        for declared in [Encoding::EXPLICIT, Encoding::IMPLICIT, BIG] {
            assert_eq!(Encoding::of_start(explicit, declared), Encoding::EXPLICIT);
            assert_eq!(Encoding::of_start(implicit, declared), Encoding::IMPLICIT);
            assert_eq!(Encoding::of_start(big, declared), BIG);
        }
        assert_eq!(Encoding::of_start(b"", BIG), BIG);
    }
}
