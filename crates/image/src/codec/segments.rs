//! Reads the marker segments of a JPEG stream: frame, tables, scans (ITU-T T.81, Annex B).

use super::{Fault, huffman::Huffman};

/// Segments of a stream, in order.
pub(super) struct Segments<'b> {
    pub(super) bytes: &'b [u8],
    at: usize,
}

/// One marker and its content.
pub(super) struct Segment<'b> {
    /// The marker's second byte.
    pub(super) marker: u8,
    pub(super) content: &'b [u8],
    /// Where the next byte lies.
    pub(super) end: usize,
}

/// Header of a frame (SOFn).
#[derive(Clone, Debug)]
pub(super) struct FrameHeader {
    pub(super) precision: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
}

/// One component of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) name: u8,
    /// Samples of a unit, across and down.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantisation: usize,
}

/// Header of a scan (SOS).
#[derive(Clone, Debug)]
pub(super) struct ScanHeader {
    /// For each component of the scan: its place in the frame, and the numbers of its tables (DC, AC).
    pub(super) components: Vec<(usize, usize, usize)>,
    /// First, second and third parameter: selection or predictor, its end, and the approximation.
    pub(super) parameters: [u8; 3],
}

impl<'b> Segments<'b> {
    /// The segments behind the start of an image.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    /// Goes on behind the data of a scan.
    pub(super) fn continue_at(&mut self, at: usize) {
        self.at = at;
    }

    /// The next segment; `None` at the end of the image.
    pub(super) fn next(&mut self) -> Result<Option<Segment<'b>>, Fault> {
        loop {
            // Stray bytes between segments are passed, as other decoders do.
            while *self.bytes.get(self.at).ok_or_else(Fault::cut)? != 0xFF {
                self.at += 1;
            }
            let marker = *self.bytes.get(self.at + 1).ok_or_else(Fault::cut)?;
            match marker {
                0xFF => self.at += 1,
                0x00 | 0x01 | 0xD0..=0xD8 => self.at += 2,
                0xD9 => return Ok(None),
                _ => {
                    let start = self.at + 4;
                    let length = self.bytes.get(self.at + 2..start).ok_or_else(Fault::cut)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                    let end =
                        start + length.checked_sub(2).ok_or_else(|| damaged("a segment without length"))?;
                    let content = self.bytes.get(start..end).ok_or_else(Fault::cut)?;
                    self.at = end;
                    return Ok(Some(Segment { marker, content, end }));
                }
            }
        }
    }
}

impl FrameHeader {
    pub(super) fn read(content: &[u8]) -> Result<Self, Fault> {
        let &[precision, h0, h1, w0, w1, count] =
            content.first_chunk().ok_or_else(|| damaged("the frame header is cut off"))?;
        let named = content[6..].as_chunks().0.get(..usize::from(count));
        let named = named.ok_or_else(|| damaged("the frame header is cut off"))?;
        let components: Vec<Component> = named
            .iter()
            .map(|&[name, factors, table]| Component {
                name,
                across: (factors >> 4).into(),
                down: (factors & 15).into(),
                quantisation: table.into(),
            })
            .collect();
        let (height, width) = (u16::from_be_bytes([h0, h1]).into(), u16::from_be_bytes([w0, w1]).into());
        if width == 0 || height == 0 || !matches!(components.len(), 1..=4) {
            return Fault::damaged("the frame header promises no pixels");
        }
        if components
            .iter()
            .any(|component| !matches!(component.across, 1..=4) || !matches!(component.down, 1..=4))
        {
            return Fault::damaged("the frame header has impossible sampling factors");
        }
        Ok(Self { precision: precision.into(), width, height, components })
    }
}

impl ScanHeader {
    pub(super) fn read(content: &[u8], frame: &FrameHeader) -> Result<Self, Fault> {
        let cut = || damaged("the scan header is cut off");
        let count = usize::from(*content.first().ok_or_else(cut)?);
        let named = content[1..].as_chunks::<2>().0.get(..count).ok_or_else(cut)?;
        let parameters = content.get(1 + 2 * count..).and_then(|rest| rest.first_chunk()).ok_or_else(cut)?;
        let mut components: Vec<(usize, usize, usize)> = Vec::with_capacity(count);
        for &[name, tables] in named {
            let place = frame.components.iter().position(|component| component.name == name);
            let place = place.ok_or_else(|| damaged("a scan of a component that the frame lacks"))?;
            if components.iter().any(|&(other, ..)| other == place) {
                return Fault::damaged("a scan names a component twice");
            }
            components.push((place, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        if components.is_empty() {
            return Fault::damaged("a scan of no component");
        }
        Ok(Self { components, parameters: *parameters })
    }
}

/// Reads a segment of Huffman tables (DHT) into the DC tables and the AC tables.
pub(super) fn read_huffman(mut content: &[u8], tables: &mut [[Option<Huffman>; 4]; 2]) -> Result<(), Fault> {
    while let Some((&[kind, ref counts @ ..], rest)) = content.split_first_chunk::<17>() {
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let symbols = rest.get(..total).ok_or_else(|| damaged("a Huffman table is cut off"))?;
        let slot =
            tables.get_mut(usize::from(kind >> 4)).and_then(|tables| tables.get_mut(usize::from(kind & 15)));
        let slot = slot.ok_or_else(|| damaged("a Huffman table with an impossible number"))?;
        *slot = Some(Huffman::new(counts, symbols)?);
        content = &rest[total..];
    }
    Ok(())
}

/// The restart interval of its segment (DRI).
pub(super) fn restart_interval(content: &[u8]) -> Result<usize, Fault> {
    let &interval = content.first_chunk().ok_or_else(|| damaged("the restart interval is cut off"))?;
    Ok(u16::from_be_bytes(interval).into())
}

fn damaged(reason: &str) -> Fault {
    Fault::Damaged(reason.to_owned())
}
