//! Prepares the scans of a JPEG so that one that ends before the picture does is an error.
//!
//! `zune-jpeg` reads zeros behind the last bit, and leaves black what a second scan of the same component hides, without an
//! error. No Huffman code consists of ones alone (ITU-T T.81, C), so ones behind the last scan stop a decoder that wants more.

use std::cell::RefCell;

use memchr::memchr;

use crate::{ImageFormat, Undecodable};

/// Bytes of ones, each escaped by a zero: more than the decoder reads ahead.
const ONES: [u8; 32] =
    *b"\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0";

/// Most bytes that a thread keeps for the next stream. Fresh memory costs more than the copy.
const KEPT: usize = 8 << 20;

thread_local! {
    static COPY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Decodes the stream with ones behind the entropy-coded data of its last scan, whether an end marker follows them or the file
/// was cut.
///
/// # Errors
///
/// [`Undecodable::Damaged`] if a component of a sequential stream is coded twice or not at all, and those of `decode`.
pub(crate) fn with_ones_behind<T>(
    bytes: &[u8],
    is_sequential: bool,
    components: u8,
    decode: impl FnOnce(&[u8]) -> Result<T, Undecodable>,
) -> Result<T, Undecodable> {
    let Some(last) = end_of_last_scan(bytes, is_sequential, components)? else { return decode(bytes) };
    COPY.with_borrow_mut(|copy| {
        copy.clear();
        copy.shrink_to(KEPT);
        for part in [&bytes[..last], &ONES, &bytes[last..]] {
            copy.extend_from_slice(part);
        }
        decode(copy)
    })
}

/// Where the entropy-coded data of the last scan end; `None` without a scan.
fn end_of_last_scan(bytes: &[u8], is_sequential: bool, components: u8) -> Result<Option<usize>, Undecodable> {
    let damaged = |reason: String| Err(Undecodable::damaged(ImageFormat::Jpeg, reason));
    let (mut at, mut seen, mut last) = (2, Vec::new(), None);
    while let Some((marker, place)) = next_marker(bytes, at) {
        match marker {
            END => break,
            SCAN => {
                let header = content(bytes, place);
                let named = header.first().map_or(0, |&number| usize::from(number));
                for &component in header.iter().skip(1).step_by(2).take(named) {
                    if is_sequential && seen.contains(&component) {
                        return damaged(format!("a second scan of component {component} within the pixels"));
                    }
                    seen.push(component);
                }
                at = end_of_data(bytes, place + 2 + header.len() + 2);
                last = Some(at);
            }
            _ => at = place + 2 + content(bytes, place).len() + 2,
        }
    }
    if is_sequential && last.is_some() && seen.len() < usize::from(components) {
        return damaged(format!("scans of {} of its {components} components", seen.len()));
    }
    Ok(last)
}

const SCAN: u8 = 0xDA;
const END: u8 = 0xD9;

/// The next marker that is followed by a segment, or the end of the picture, and where its 0xFF lies.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr(0xFF, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => at += 2,
            marker => return Some((marker, at)),
        }
    }
}

/// What a segment holds behind its length; cut off where the stream is.
fn content(bytes: &[u8], place: usize) -> &[u8] {
    let length = bytes.get(place + 2..place + 4).map_or(2, |two| u16::from_be_bytes([two[0], two[1]]));
    let end = (place + 2 + usize::from(length).max(2)).min(bytes.len());
    bytes.get(place + 4..end).unwrap_or_default()
}

/// Where entropy-coded data end: at the first marker that does not restart them, or where the stream ends.
fn end_of_data(bytes: &[u8], from: usize) -> usize {
    next_marker(bytes, from).map_or(bytes.len(), |(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 11] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 7, 8, 0, 1, 0, 1];

    fn scan(components: &[u8], data: &[u8]) -> Vec<u8> {
        let mut scan = vec![0xFF, SCAN, 0, 6 + 2 * components.len() as u8, components.len() as u8];
        scan.extend(components.iter().flat_map(|&component| [component, 0]));
        scan.extend([0, 63, 0]);
        scan.extend(data);
        scan
    }

    fn stream(scans: &[Vec<u8>]) -> Vec<u8> {
        [&FRAME[..], &scans.concat(), &[0xFF, END, 7, 7]].concat()
    }

    #[test]
    fn ones_lie_behind_the_last_scan_and_before_what_follows_it() {
        let data = [1, 0xFF, 0, 2, 0xFF, 0xD0, 3];
        let bytes = stream(&[
            scan(&[1], &data),
            vec![0xFF, 0xFE, 0, 3, 9],
            scan(&[2, 3], &data),
            vec![0xFF, 0xFE, 0, 2],
        ]);
        let made = with_ones_behind(&bytes, true, 3, |made| Ok(made.to_vec())).unwrap();
        let place = bytes.len() - 8;
        assert_eq!(made[..place], bytes[..place]);
        assert_eq!(made[place..place + 32], ONES);
        assert_eq!(made[place + 32..], bytes[place..]);
    }

    #[test]
    fn a_component_is_coded_once() {
        let refusal = |scans: &[Vec<u8>]| end_of_last_scan(&stream(scans), true, 3).unwrap_err().to_string();
        let twice = refusal(&[scan(&[1, 2, 3], &[1]), scan(&[2], &[1])]);
        assert!(twice.contains("a second scan of component 2"), "{twice}");
        assert!(refusal(&[scan(&[1, 2], &[1])]).contains("scans of 2 of its 3 components"));
        // A progressive stream refines its components scan by scan.
        assert!(end_of_last_scan(&stream(&[scan(&[1], &[1]), scan(&[1], &[1])]), false, 1).is_ok());
    }

    #[test]
    fn no_cut_panics_and_ones_lie_where_a_file_was_cut() {
        let bytes = stream(&[scan(&[1, 2, 3], &[1, 0xFF, 0, 2])]);
        let data = bytes.len() - 8..bytes.len() - 3;
        for length in 0..bytes.len() - 3 {
            if let Ok(Some(end)) = end_of_last_scan(&bytes[..length], true, 3) {
                assert_eq!(end, length);
            }
            if data.contains(&length) {
                assert_eq!(end_of_last_scan(&bytes[..length], true, 3).unwrap(), Some(length));
            }
        }
    }
}
