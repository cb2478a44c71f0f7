//! Fuzzes the decoders of compressed DICOM pixels. The attributes around the stream are made to agree with its header, so
//! that no run fails on their disagreement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph_image::{Limits, Undecodable, decode};

const SYNTAXES: [&str; 7] = [
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.8.1",
    "1.2.840.10008.1.2.1.98",
];

fuzz_target!(|input: &[u8]| {
    let Some((&[syntax, layout], stream)) = input.split_first_chunk() else { return };
    let (rows, columns, samples) = size(stream).unwrap_or((40, 48, 1));
    let limits = Limits { pixels: 1 << 16, allocation: 16 << 20, ..Limits::default() };
    let allocated: u16 = [8, 16, 16, 32][usize::from(layout & 3)];
    let stored = [8, 12, 16, 32][usize::from(layout & 3)];
    let meaning = match (samples, layout >> 2 & 3) {
        (1, 0) => "PALETTE COLOR ",
        (1, _) => "MONOCHROME2 ",
        (_, 0) => "YBR_FULL",
        (_, 1) => "YBR_RCT ",
        _ => "RGB ",
    };
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let mut put = |group: u16, element: u16, kind: &[u8; 2], value: &[u8]| {
        file.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        file.extend(kind);
        file.extend((value.len() as u16).to_le_bytes());
        file.extend(value);
    };
    put(2, 0x10, b"UI", SYNTAXES[usize::from(syntax) % SYNTAXES.len()].as_bytes());
    for (element, value) in [
        (0x02, samples),
        (0x10, rows),
        (0x11, columns),
        (0x100, allocated),
        (0x101, stored),
        (0x102, stored - 1),
        (0x103, u16::from(layout >> 4 & 1)),
    ] {
        put(0x28, element, b"US", &value.to_le_bytes());
    }
    put(0x28, 4, b"CS", meaning.as_bytes());
    file.extend(b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\0\0\0\0\xFE\xFF\0\xE0");
    file.extend((stream.len() as u32).to_le_bytes());
    file.extend(stream);
    file.extend(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    if let Err(reason @ Undecodable::DecoderPanicked { .. }) = decode(&file, &limits) {
        panic!("{reason}");
    }
});

/// Rows, columns and samples in the header of a JPEG, JPEG-LS or JPEG 2000 stream.
fn size(stream: &[u8]) -> Option<(u16, u16, u16)> {
    let word = |at: usize| Some(u16::from_be_bytes([*stream.get(at)?, *stream.get(at + 1)?]));
    if stream.starts_with(b"\xFF\x4F\xFF\x51") {
        return Some((word(14)?, word(10)?, word(40)?));
    }
    let frame = stream.windows(2).position(|pair| {
        pair[0] == 0xFF && matches!(pair[1], 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7)
    })?;
    Some((word(frame + 5)?, word(frame + 7)?, u16::from(*stream.get(frame + 9)?)))
}
