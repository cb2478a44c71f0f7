//! Tells a DICOM file that lacks its preamble by its first two elements.

/// Whether bytes begin as a file meta group or a data set does.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"DICM").unwrap_or(bytes);
    [false, true].into_iter().any(|big_endian| {
        let Some(first) = Start::read(bytes, big_endian) else { return false };
        // Files begin with the meta group, data sets with the group of identification or that of the patient.
        if !matches!((first.group, first.element), (2, 0..=0x102) | (8, 0..=0x1200) | (0x10, 0..=0x40)) {
            return false;
        }
        let Some(rest) = bytes.get(first.end..).filter(|_| first.end <= 4096) else { return false };
        // The data set behind a meta group of one element may have the other order of bytes.
        rest.len() < 8
            || [big_endian, true, false].into_iter().any(|big_endian| {
                Start::read(rest, big_endian).is_some_and(|second| {
                    (second.group, second.element) > (first.group, first.element)
                        && matches!(second.group, 2 | 8..=0x28)
                        && second.end <= 1 << 20
                })
            })
    })
}

/// Number of an element, and where it ends.
struct Start {
    group: u16,
    element: u16,
    end: usize,
}

impl Start {
    fn read(bytes: &[u8], big_endian: bool) -> Option<Self> {
        let two = |at: usize| {
            let pair = [*bytes.get(at)?, *bytes.get(at + 1)?];
            Some(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
        };
        let four = |at: usize| {
            let (first, second) = (usize::from(two(at)?), usize::from(two(at + 2)?));
            Some(if big_endian { first << 16 | second } else { second << 16 | first })
        };
        let kind = bytes.get(4..6)?;
        let end = if kind.iter().all(u8::is_ascii_uppercase) {
            match kind {
                b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"UC" | b"UR" => 12 + four(8)?,
                _ => 8 + usize::from(two(6)?),
            }
        } else if big_endian {
            return None; // big endian is always explicit
        } else {
            8 + four(4)?
        };
        Some(Self { group: two(0)?, element: two(2)?, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sets_are_told_from_other_bytes() {
        assert!(begins(b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100\x08\0\x16\0\x02\0\0\0"));
        assert!(begins(b"\x08\0\x05\0CS\x0a\0ISO_IR 100\x08\0\x16\0UI\x02\0"));
        assert!(begins(b"\0\x08\0\x05CS\0\x0aISO_IR 100\0\x08\0\x16UI\0\x02"));
        assert!(begins(b"\x02\0\0\0UL\x04\0\x9e\0\0\0\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01"));
        for other in
            [&b"\x08\0\x05\0"[..], b"BM\x08\0\0\0\0\0\0\0", b"plain text of any kind", &[0; 64], &[8; 64]]
        {
            assert!(!begins(other), "{other:?}");
        }
        // A second element that stands before the first.
        assert!(!begins(b"\x08\0\x16\0\x02\0\0\0AB\x08\0\x05\0\x02\0\0\0AB"));
    }
}
