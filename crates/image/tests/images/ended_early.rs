//! A JPEG whose pixels end before the picture does is refused: decoders fill the rest with gray or black, and a network would
//! see it.

use std::{fs, path::Path};

use radiograph_image::{Limits, decode, decode_gray, decode_with_gray};

const FILMS: [&str; 6] = [
    "golden/decode/rgb-444.jpg",
    "golden/decode/cmyk.jpg",
    "golden/decode/gray.jpg",
    "golden/decode/gray-progressive.jpg",
    "films/upright.jpg",
    "films/turned-6-colour.jpg",
];

fn film(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).unwrap()
}

/// Where the header of the first scan begins, and where its entropy-coded bytes do.
fn scan(bytes: &[u8]) -> (usize, usize) {
    let header = bytes.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let length = usize::from(u16::from_be_bytes([bytes[header + 2], bytes[header + 3]]));
    (header, header + 2 + length)
}

fn accepted(bytes: &[u8]) -> bool {
    let limits = Limits::default();
    decode(bytes, &limits).is_ok()
        || decode_gray(bytes, &limits).is_ok()
        || decode_with_gray(bytes, &limits).is_ok()
}

/// Places within the entropy-coded data of any scan at which a cut is tried: none splits an escaped 0xFF. A progressive stream
/// that is closed between two scans is whole by ITU-T T.81: it has less detail.
fn cuts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let (header, first) = scan(bytes);
    let data = bytes.len() - 2 - first;
    let is_within = move |cut: &usize| {
        let marker = (header..*cut - 1).rev().find(|&at| bytes[at] == 0xFF && bytes[at + 1] >= 0xC0);
        let marker = marker.filter(|&at| bytes[at + 1] == 0xDA);
        bytes[cut - 1] != 0xFF && marker.is_some_and(|at| at + 2 + usize::from(bytes[at + 3]) < *cut)
    };
    (1..20).map(move |part| first + data * part / 20).filter(is_within)
}

#[test]
fn a_stream_that_is_cut_or_closed_too_early_is_refused() {
    let mut tried = 0;
    for name in FILMS {
        let bytes = film(name);
        assert!(accepted(&bytes), "{name}");
        for cut in cuts(&bytes) {
            let closed = [&bytes[..cut], &[0xFF, 0xD9]].concat();
            assert!(!accepted(&closed), "{name} closed after {cut} of {} bytes", bytes.len());
            assert!(!accepted(&bytes[..cut]), "{name} cut after {cut} of {} bytes", bytes.len());
            tried += 1;
        }
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn a_second_scan_within_the_pixels_is_refused() {
    let mut tried = 0;
    for name in FILMS.into_iter().filter(|name| !name.contains("progressive")) {
        let bytes = film(name);
        let (header, first) = scan(&bytes);
        for cut in cuts(&bytes) {
            let twice = [&bytes[..cut], &bytes[header..first], &bytes[cut..]].concat();
            assert!(!accepted(&twice), "{name} with a second scan at {cut}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}
