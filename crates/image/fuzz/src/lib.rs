//! DICOM files for the fuzz targets of the decoders.

use radiograph_image::{Limits, Undecodable, decode};

/// A coding of the pixels, and how its streams begin.
#[derive(Clone, Copy)]
pub enum Coding {
    /// RLE Lossless.
    RunLength,
    /// JPEG whose first frame has one of these markers.
    Jpeg(&'static [u8]),
    /// JPEG 2000, bare or in boxes.
    Jpeg2000,
}

impl Coding {
    fn transfer_syntax(self) -> &'static str {
        match self {
            Self::RunLength => "1.2.840.10008.1.2.5",
            Self::Jpeg(_) => "1.2.840.10008.1.2.4.70",
            Self::Jpeg2000 => "1.2.840.10008.1.2.4.90",
        }
    }

    /// Size and number of samples in the header; `None` sends the stream to no decoder, because it is of another coding.
    fn size(self, stream: &[u8]) -> Option<(u16, u16, u16)> {
        match self {
            Self::RunLength => Some((40, 48, 1)),
            Self::Jpeg(markers) => {
                let is_named =
                    stream.starts_with(b"\xFF\xD8") && markers.contains(stream.get(frame(stream)? + 1)?);
                is_named.then(|| size(stream)).flatten()
            }
            Self::Jpeg2000 => size(stream),
        }
    }
}

/// Decodes a stream of one coding. Its first byte chooses the depth, the meaning and the sign of the samples.
pub fn decode_stream(coding: Coding, input: &[u8]) {
    let Some((&layout, stream)) = input.split_first() else { return };
    let Some(mut frame) = coding.size(stream) else { return };
    if matches!(coding, Coding::RunLength) && layout >> 5 & 1 == 1 {
        frame.2 = 3;
    }
    decode_file(&compressed(coding.transfer_syntax(), frame, layout, stream));
}

/// Decodes a file within narrow limits. A panic that the decoder's guard caught is a finding.
pub fn decode_file(file: &[u8]) {
    let limits = Limits { pixels: 1 << 16, allocation: 16 << 20, ..Limits::default() };
    if let Err(reason @ Undecodable::DecoderPanicked { .. }) = decode(file, &limits) {
        panic!("{reason}");
    }
}

/// A file around a compressed stream, whose attributes agree with (rows, columns, samples).
pub fn compressed(
    syntax: &str,
    (rows, columns, samples): (u16, u16, u16),
    layout: u8,
    stream: &[u8],
) -> Vec<u8> {
    let allocated: u16 = [8, 16, 16, 32][usize::from(layout & 3)];
    let stored = [8, 12, 16, 32][usize::from(layout & 3)];
    let meaning = match (samples, layout >> 2 & 3) {
        (1, 0) => "PALETTE COLOR ",
        (1, _) => "MONOCHROME2 ",
        (_, 0) => "YBR_FULL",
        (_, 1) => "YBR_RCT ",
        _ => "RGB ",
    };
    let mut file = header(syntax);
    for (element, value) in [
        (0x02, samples),
        (0x10, rows),
        (0x11, columns),
        (0x100, allocated),
        (0x101, stored),
        (0x102, stored - 1),
        (0x103, u16::from(layout >> 4 & 1)),
    ] {
        put(&mut file, (0x28, element), b"US", &value.to_le_bytes());
    }
    put(&mut file, (0x28, 4), b"CS", meaning.as_bytes());
    file.extend(b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\0\0\0\0\xFE\xFF\0\xE0");
    file.extend((stream.len() as u32).to_le_bytes());
    file.extend(stream);
    file.extend(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    file
}

/// Preamble and file meta group.
pub fn header(syntax: &str) -> Vec<u8> {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    put(&mut file, (2, 0x10), b"UI", syntax.as_bytes());
    file
}

/// Appends an element of an explicit type whose length has 16 bits.
pub fn put(file: &mut Vec<u8>, (group, element): (u16, u16), kind: &[u8; 2], value: &[u8]) {
    file.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
    file.extend(kind);
    file.extend((value.len() as u16).to_le_bytes());
    file.extend(value);
}

/// Rows, columns and samples in the header of a JPEG, JPEG-LS or JPEG 2000 stream.
pub fn size(stream: &[u8]) -> Option<(u16, u16, u16)> {
    let word = |at: usize| Some(u16::from_be_bytes([*stream.get(at)?, *stream.get(at + 1)?]));
    if let Some(at) = stream.windows(4).position(|four| four == b"\xFF\x4F\xFF\x51") {
        return Some((word(at + 14)?, word(at + 10)?, word(at + 40)?));
    }
    let frame = frame(stream)?;
    Some((word(frame + 5)?, word(frame + 7)?, u16::from(*stream.get(frame + 9)?)))
}

/// Where the first frame header of a JPEG or JPEG-LS stream begins.
fn frame(stream: &[u8]) -> Option<usize> {
    stream.windows(2).position(|pair| {
        pair[0] == 0xFF && matches!(pair[1], 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7)
    })
}
