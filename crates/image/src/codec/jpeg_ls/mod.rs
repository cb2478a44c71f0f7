//! Decodes JPEG-LS (ITU-T T.87), lossless and near-lossless, as DICOM has it.
//!
//! 2 to 16 bits; components one after the other, line by line or sample by sample. Mapping tables, restart intervals and
//! the colour transform of one vendor are refused.

mod parameters;
mod scan;
mod statistics;
mod stuffed;

use self::{parameters::Parameters, scan::Scan, stuffed::Stuffed};
use super::{
    Fault,
    segments::{FrameHeader, ScanHeader, Segments},
};

/// The samples, interleaved.
pub(crate) fn decode(stream: &[u8]) -> Result<Vec<u16>, Fault> {
    let mut segments = Segments::new(stream);
    let mut frame: Option<FrameHeader> = None;
    let mut planes: Vec<Vec<u16>> = Vec::new();
    let mut presets: Option<[i32; 5]> = None;
    while let Some(segment) = segments.next()? {
        match segment.marker {
            0xF7 if frame.is_none() => {
                let header = FrameHeader::read(segment.content)?;
                if !(2..=16).contains(&header.precision) {
                    return Fault::damaged(format!("JPEG-LS of {} bits", header.precision));
                }
                if header.components.len() > 1
                    && header.components.iter().any(|component| (component.across, component.down) != (1, 1))
                {
                    return Fault::unsupported("JPEG-LS with subsampled components");
                }
                planes = vec![Vec::new(); header.components.len()];
                frame = Some(header);
            }
            0xF8 => match segment.content {
                [1, values @ ..] if values.len() >= 10 => {
                    let values = values.as_chunks().0;
                    presets = Some([0, 1, 2, 3, 4].map(|at| u16::from_be_bytes(values[at]).into()));
                }
                _ => return Fault::unsupported("JPEG-LS with mapping tables"),
            },
            0xDD if segment.content.iter().any(|&byte| byte != 0) => {
                return Fault::unsupported("JPEG-LS with restart intervals");
            }
            0xE8 if segment.content.starts_with(b"mrfx") && segment.content.get(4) != Some(&0) => {
                return Fault::unsupported("JPEG-LS with a vendor's colour transform");
            }
            0xDA => {
                let frame =
                    frame.as_ref().ok_or_else(|| Fault::Damaged("a scan before its frame".to_owned()))?;
                let header = ScanHeader::read(segment.content, frame)?;
                let [near, interleaving, transform] = header.parameters;
                if transform & 15 != 0 {
                    return Fault::unsupported("JPEG-LS with a point transform");
                }
                if header.components.iter().any(|&(_, high, low)| (high, low) != (0, 0)) {
                    return Fault::unsupported("JPEG-LS with mapping tables");
                }
                let parameters = Parameters::new(frame.precision, near.into(), presets)?;
                let mut scan = Scan::new(parameters, Stuffed::new(segments.bytes, segment.end), frame);
                let decoded = match (interleaving, header.components.len()) {
                    (0, 1) => scan.lines(1)?,
                    (1, count) => scan.lines(count)?,
                    (2, count) => scan.samples(count)?,
                    _ => return Fault::damaged(format!("JPEG-LS with interleaving {interleaving}")),
                };
                for (&(place, ..), plane) in header.components.iter().zip(decoded) {
                    if !planes[place].is_empty() {
                        return Fault::damaged("a component is coded twice");
                    }
                    planes[place] = plane;
                }
                if planes.iter().all(|plane| !plane.is_empty()) {
                    return Ok(interleaved(planes));
                }
                segments.continue_at(scan.bits.marker());
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => {
                return Fault::damaged("frames of different codings in one stream");
            }
            _ => {}
        }
    }
    Err(Fault::cut())
}

fn interleaved(mut planes: Vec<Vec<u16>>) -> Vec<u16> {
    if planes.len() == 1 {
        return planes.swap_remove(0);
    }
    let pixels = planes[0].len();
    (0..pixels).flat_map(|pixel| planes.iter().map(move |plane| plane[pixel])).collect()
}
