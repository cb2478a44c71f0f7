//! Decodes lossless JPEG (ITU-T T.81, Annex H): process 14, which DICOM has with any predictor (1.2.840.10008.1.2.4.57) and with first-order prediction (.70).
//!
//! 2 to 16 bits, all seven predictors, point transform, restart intervals, components together or one after the other.
//! The popular decoders ignore restart intervals here and give stripes.

use super::{
    Fault,
    bits::Bits,
    huffman::Huffman,
    segments::{FrameHeader, ScanHeader, Segments, read_huffman, restart_interval},
};

/// The samples, interleaved.
pub(crate) fn decode(stream: &[u8]) -> Result<Vec<u16>, Fault> {
    let mut segments = Segments::new(stream);
    let mut tables = [const { [const { None }; 4] }; 2];
    let mut interval = 0;
    let mut frame: Option<Frame> = None;
    while let Some(segment) = segments.next()? {
        match segment.marker {
            0xC3 if frame.is_none() => frame = Some(Frame::new(FrameHeader::read(segment.content)?)?),
            0xC4 => read_huffman(segment.content, &mut tables)?,
            0xDD => interval = restart_interval(segment.content)?,
            0xDA => {
                let frame =
                    frame.as_mut().ok_or_else(|| Fault::Damaged("a scan before its frame".to_owned()))?;
                let scan = ScanHeader::read(segment.content, &frame.header)?;
                let end = frame.scan(&scan, &tables[0], interval, Bits::new(segments.bytes, segment.end))?;
                if frame.is_complete() {
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

struct Frame {
    header: FrameHeader,
    /// Samples of each component, row by row; empty until its scan is decoded.
    planes: Vec<Vec<u16>>,
}

impl Frame {
    fn new(header: FrameHeader) -> Result<Self, Fault> {
        if !(2..=16).contains(&header.precision) {
            return Fault::damaged(format!("lossless JPEG of {} bits", header.precision));
        }
        if header.components.iter().any(|component| (component.across, component.down) != (1, 1)) {
            // A single component is one sample a unit, whatever its factors.
            if header.components.len() > 1 {
                return Fault::unsupported("lossless JPEG with subsampled components");
            }
        }
        let planes = vec![Vec::new(); header.components.len()];
        Ok(Self { header, planes })
    }

    fn is_complete(&self) -> bool {
        self.planes.iter().all(|plane| !plane.is_empty())
    }

    fn samples(&mut self) -> Vec<u16> {
        if self.planes.len() == 1 {
            return std::mem::take(&mut self.planes[0]);
        }
        let pixels = self.header.width * self.header.height;
        (0..pixels).flat_map(|pixel| self.planes.iter().map(move |plane| plane[pixel])).collect()
    }

    /// Decodes a scan; returns where its data ends.
    fn scan(
        &mut self,
        scan: &ScanHeader,
        tables: &[Option<Huffman>; 4],
        interval: usize,
        mut bits: Bits<'_>,
    ) -> Result<usize, Fault> {
        let [predictor, _, approximation] = scan.parameters;
        let transform = u32::from(approximation & 15);
        if !(1..=7).contains(&predictor) || transform >= self.header.precision {
            return Fault::damaged(format!(
                "lossless JPEG with predictor {predictor} and transform {transform}"
            ));
        }
        let (width, height) = (self.header.width, self.header.height);
        if !interval.is_multiple_of(width) {
            return Fault::unsupported(format!(
                "lossless JPEG that restarts within rows, every {interval} samples"
            ));
        }
        let mut coded = Vec::with_capacity(scan.components.len());
        for &(place, table, _) in &scan.components {
            let table = tables.get(table).and_then(Option::as_ref);
            let table = table.ok_or_else(|| Fault::Damaged("a scan without its Huffman table".to_owned()))?;
            if !self.planes[place].is_empty() {
                return Fault::damaged("a component is coded twice");
            }
            coded.push((place, table, vec![0_u16; width * height]));
        }
        // T.81 H.1.2: values are of this many bits until the point transform is undone.
        let precision = self.header.precision - transform;
        let start = 1_i32 << (precision - 1);
        let mask = u16::MAX >> (16 - precision);
        let rows_each = interval / width;
        for row in 0..height {
            let restarts = rows_each > 0 && row > 0 && row % rows_each == 0;
            if restarts {
                bits.restart(row / rows_each - 1)?;
            }
            let is_first = row == 0 || restarts;
            for column in 0..width {
                let at = row * width + column;
                for (_, table, plane) in &mut coded {
                    let difference = difference(table, &mut bits)?;
                    let before = |distance: usize| i32::from(plane[at - distance]);
                    let predicted = match (is_first, column) {
                        (true, 0) => start,
                        (true, _) => before(1),
                        (false, 0) => before(width),
                        _ => predict(predictor, before(1), before(width), before(width + 1)),
                    };
                    // Differences are modulo 65,536 (H.1.2.1); some encoders count modulo the precision.
                    plane[at] = (predicted + difference) as u16 & mask;
                }
            }
        }
        for (place, _, mut plane) in coded {
            if transform > 0 {
                plane.iter_mut().for_each(|sample| *sample <<= transform);
            }
            self.planes[place] = plane;
        }
        Ok(bits.position())
    }
}

/// Table H.1, by the samples to the left, above, and above left.
fn predict(predictor: u8, left: i32, above: i32, corner: i32) -> i32 {
    match predictor {
        1 => left,
        2 => above,
        3 => corner,
        4 => left + above - corner,
        5 => left + ((above - corner) >> 1),
        6 => above + ((left - corner) >> 1),
        _ => (left + above) >> 1,
    }
}

fn difference(table: &Huffman, bits: &mut Bits<'_>) -> Result<i32, Fault> {
    match u32::from(table.decode(bits)?) {
        size @ 0..=15 => bits.number(size),
        16 => Ok(32_768), // no bits follow (H.1.2.2)
        size => Fault::damaged(format!("a difference of {size} bits")),
    }
}
