//! Decodes sequential JPEG of 12 bits (ITU-T T.81, process 4 with Huffman coding), which picture decoders leave out.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use super::{
    Fault,
    bits::Bits,
    huffman::Huffman,
    segments::{FrameHeader, ScanHeader, Segments, read_huffman, restart_interval},
};

/// The samples, interleaved.
pub(crate) fn decode(stream: &[u8]) -> Result<Vec<u16>, Fault> {
    let mut segments = Segments::new(stream);
    let mut huffman = [const { [const { None }; 4] }; 2];
    let mut quantisation: [Option<[f32; 64]>; 4] = [None; 4];
    let mut interval = 0;
    let mut frame: Option<Frame> = None;
    while let Some(segment) = segments.next()? {
        match segment.marker {
            0xC0 | 0xC1 if frame.is_none() => frame = Some(Frame::new(FrameHeader::read(segment.content)?)?),
            0xC4 => read_huffman(segment.content, &mut huffman)?,
            0xDB => read_quantisation(segment.content, &mut quantisation)?,
            0xDD => interval = restart_interval(segment.content)?,
            0xDA => {
                let frame =
                    frame.as_mut().ok_or_else(|| Fault::Damaged("a scan before its frame".to_owned()))?;
                let scan = ScanHeader::read(segment.content, &frame.header)?;
                let bits = Bits::new(segments.bytes, segment.end);
                let end = frame.scan(&scan, &huffman, &quantisation, interval, bits)?;
                if frame.planes.iter().all(|plane| plane.is_decoded) {
                    return Ok(frame.samples());
                }
                segments.continue_at(end);
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Fault::damaged("frames of different codings in one stream");
            }
            _ => {}
        }
    }
    Err(Fault::cut())
}

/// Order in which the coefficients of a block are coded (T.81, figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

fn read_quantisation(mut content: &[u8], tables: &mut [Option<[f32; 64]>; 4]) -> Result<(), Fault> {
    let cut = || Fault::Damaged("a quantisation table is cut off".to_owned());
    while let Some((&kind, rest)) = content.split_first() {
        let slot = tables.get_mut(usize::from(kind & 15)).ok_or_else(cut)?;
        let wide = kind >> 4 != 0;
        let size = if wide { 128 } else { 64 };
        let values = rest.get(..size).ok_or_else(cut)?;
        let mut table = [0.0; 64];
        for (number, &place) in ZIGZAG.iter().enumerate() {
            table[place] = if wide {
                u16::from_be_bytes([values[2 * number], values[2 * number + 1]]).into()
            } else {
                values[number].into()
            };
        }
        *slot = Some(table);
        content = &rest[size..];
    }
    Ok(())
}

struct Frame {
    header: FrameHeader,
    planes: Vec<Plane>,
    /// Greatest sampling factors.
    across: usize,
    down: usize,
    cosines: [[f32; 8]; 8],
}

/// The blocks of one component.
struct Plane {
    /// Blocks of a row and of a column, filled up to whole units.
    blocks_across: usize,
    blocks_down: usize,
    samples: Vec<u16>,
    is_decoded: bool,
}

impl Frame {
    fn new(header: FrameHeader) -> Result<Self, Fault> {
        if header.precision != 12 {
            return Fault::unsupported(format!("sequential JPEG of {} bits", header.precision));
        }
        let factors = |of: fn(&super::segments::Component) -> usize| header.components.iter().map(of).max();
        let (across, down) = (factors(|component| component.across), factors(|component| component.down));
        let (across, down) = (across.unwrap_or(1), down.unwrap_or(1));
        if header.components.iter().any(|part| across % part.across != 0 || down % part.down != 0) {
            return Fault::unsupported("12-bit JPEG with broken sampling factors");
        }
        let units = (header.width.div_ceil(8 * across), header.height.div_ceil(8 * down));
        let planes = header.components.iter().map(|component| {
            let (blocks_across, blocks_down) = (units.0 * component.across, units.1 * component.down);
            let samples = vec![0; 64 * blocks_across * blocks_down];
            Plane { blocks_across, blocks_down, samples, is_decoded: false }
        });
        let planes = planes.collect();
        let mut cosines = [[0.0; 8]; 8];
        for (frequency, row) in cosines.iter_mut().enumerate() {
            let scale = if frequency == 0 { FRAC_1_SQRT_2 } else { 1.0 };
            for (place, cosine) in row.iter_mut().enumerate() {
                *cosine = scale / 2.0 * libm::cosf((2 * place + 1) as f32 * frequency as f32 * PI / 16.0);
            }
        }
        Ok(Self { header, planes, across, down, cosines })
    }

    fn scan(
        &mut self,
        scan: &ScanHeader,
        huffman: &[[Option<Huffman>; 4]; 2],
        quantisation: &[Option<[f32; 64]>; 4],
        interval: usize,
        mut bits: Bits<'_>,
    ) -> Result<usize, Fault> {
        let missing = || Fault::Damaged("a scan without its tables".to_owned());
        let mut parts = Vec::with_capacity(scan.components.len());
        for &(place, dc, ac) in &scan.components {
            let component = self.header.components[place];
            let table = |kind: usize, number: usize| huffman[kind].get(number).and_then(Option::as_ref);
            let steps = quantisation.get(component.quantisation).and_then(Option::as_ref);
            parts.push(Part {
                place,
                across: component.across,
                down: component.down,
                dc: table(0, dc).ok_or_else(missing)?,
                ac: table(1, ac).ok_or_else(missing)?,
                steps: steps.ok_or_else(missing)?,
                last: 0,
            });
        }
        // One component alone is coded block by block, and only the blocks that hold pixels (A.2.2).
        let (units_across, units_down) = if let [part] = parts.as_mut_slice() {
            let size = |side: usize, factor: usize, most: usize| (side * factor).div_ceil(most).div_ceil(8);
            let units = (
                size(self.header.width, part.across, self.across),
                size(self.header.height, part.down, self.down),
            );
            (part.across, part.down) = (1, 1);
            units
        } else {
            (self.header.width.div_ceil(8 * self.across), self.header.height.div_ceil(8 * self.down))
        };
        for unit in 0..units_across * units_down {
            if interval > 0 && unit > 0 && unit % interval == 0 {
                bits.restart(unit / interval - 1)?;
                parts.iter_mut().for_each(|part| part.last = 0);
            }
            let (unit_row, unit_column) = (unit / units_across, unit % units_across);
            for part in &mut parts {
                for block in 0..part.across * part.down {
                    let row = unit_row * part.down + block / part.across;
                    let column = unit_column * part.across + block % part.across;
                    let coefficients = part.block(&mut bits)?;
                    self.planes[part.place].put(row, column, &inverse(&coefficients, &self.cosines));
                }
            }
        }
        for part in &parts {
            self.planes[part.place].is_decoded = true;
        }
        Ok(bits.position())
    }

    /// All components at the size of the frame; smaller ones are repeated.
    fn samples(&self) -> Vec<u16> {
        let Self { header, planes, across, down, .. } = self;
        let mut samples = Vec::with_capacity(header.width * header.height * planes.len());
        for row in 0..header.height {
            for column in 0..header.width {
                for (plane, component) in planes.iter().zip(&header.components) {
                    let (row, column) = (row * component.down / down, column * component.across / across);
                    samples.push(plane.samples[row * plane.blocks_across * 8 + column]);
                }
            }
        }
        samples
    }
}

/// One component within a scan.
struct Part<'t> {
    place: usize,
    /// Blocks of a unit.
    across: usize,
    down: usize,
    dc: &'t Huffman,
    ac: &'t Huffman,
    steps: &'t [f32; 64],
    last: i32,
}

impl Part<'_> {
    /// The next block's coefficients, row by row (F.2.2).
    fn block(&mut self, bits: &mut Bits<'_>) -> Result<[f32; 64], Fault> {
        let mut block = [0.0; 64];
        let size = u32::from(self.dc.decode(bits)?);
        if size > 15 {
            return Fault::damaged(format!("a difference of {size} bits"));
        }
        self.last = self.last.saturating_add(bits.number(size)?);
        block[0] = self.last as f32 * self.steps[0];
        let mut number = 1;
        while number < 64 {
            let symbol = self.ac.decode(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if zeros < 15 {
                    break;
                }
                number += 16;
                continue;
            }
            number += zeros;
            let &place = ZIGZAG
                .get(number)
                .ok_or_else(|| Fault::Damaged("a block of too many coefficients".to_owned()))?;
            block[place] = bits.number(size)? as f32 * self.steps[place];
            number += 1;
        }
        Ok(block)
    }
}

impl Plane {
    fn put(&mut self, row: usize, column: usize, block: &[f32; 64]) {
        if row >= self.blocks_down || column >= self.blocks_across {
            return;
        }
        let width = self.blocks_across * 8;
        for (line, values) in block.as_chunks::<8>().0.iter().enumerate() {
            let start = (row * 8 + line) * width + column * 8;
            for (sample, value) in self.samples[start..start + 8].iter_mut().zip(values) {
                *sample = (value + 2048.0).round().clamp(0.0, 4095.0) as u16;
            }
        }
    }
}

/// The inverse cosine transform of A.3.3.
fn inverse(coefficients: &[f32; 64], cosines: &[[f32; 8]; 8]) -> [f32; 64] {
    let mut half = [0.0; 64];
    for row in 0..8 {
        for frequency in 0..8 {
            let coefficient = coefficients[row * 8 + frequency];
            if coefficient != 0.0 {
                for place in 0..8 {
                    half[row * 8 + place] += coefficient * cosines[frequency][place];
                }
            }
        }
    }
    let mut samples = [0.0; 64];
    for frequency in 0..8 {
        for row in 0..8 {
            for column in 0..8 {
                samples[row * 8 + column] += half[frequency * 8 + column] * cosines[frequency][row];
            }
        }
    }
    samples
}
