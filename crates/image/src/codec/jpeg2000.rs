//! Decodes JPEG 2000 with `hayro-jpeg2000`.
//!
//! Its samples come at their own depth. It takes all components for unsigned, so the sign is read from the header here.

use super::{Fault, Size};

/// Whether bytes begin as a codestream or a box file of JPEG 2000.
pub(crate) fn is(stream: &[u8]) -> bool {
    stream.starts_with(b"\xFF\x4F\xFF\x51") || stream.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n")
}

/// Bytes that are held for a sample: the library's value, coefficient and intermediate result, and ours.
pub(crate) const BYTES_HELD: u64 = 16;

/// The samples, interleaved, as two's complement where the stream says they are signed.
///
/// For each sample, [`BYTES_HELD`] bytes are held.
pub(crate) fn decode(stream: &[u8], promised: Size) -> Result<Vec<u16>, Fault> {
    let header = Header::read(stream)?;
    promised.check(header.size)?;
    // A tile has structures of its own.
    if header.tiles > 4096 {
        return Fault::unsupported(format!("JPEG 2000 in {} tiles; at most 4096 are read", header.tiles));
    }
    if header.precisions.iter().any(|&(precision, _)| precision > 16) {
        return Fault::unsupported("JPEG 2000 of more than 16 bits");
    }
    if header.high_throughput {
        return Fault::unsupported("High-Throughput JPEG 2000");
    }
    // The boxes around the codestream say again what the attributes say, and in old files wrongly.
    header.samples(&stream[header.start..])
}

/// What the first marker segment says.
struct Header {
    /// Where the codestream begins.
    start: usize,
    size: Size,
    tiles: u64,
    /// For each component: bits of a sample, and whether they are signed.
    precisions: Vec<(u8, bool)>,
    high_throughput: bool,
}

impl Header {
    fn read(stream: &[u8]) -> Result<Self, Fault> {
        let cut = || Fault::Damaged("the JPEG 2000 header is cut off".to_owned());
        let start = stream.windows(4).position(|bytes| bytes == b"\xFF\x4F\xFF\x51").ok_or_else(cut)?;
        let bytes = &stream[start..];
        let side = |at: usize| {
            let &four = bytes.get(at..at + 4).and_then(|bytes| bytes.first_chunk()).ok_or_else(cut)?;
            Ok(u32::from_be_bytes(four))
        };
        let (right, bottom, left, top) = (side(8)?, side(12)?, side(16)?, side(20)?);
        let (tile_width, tile_height) = (side(24)?, side(28)?);
        let (tiles_left, tiles_top) = (side(32)?, side(36)?);
        let &[high, low] = bytes.get(40..42).and_then(|bytes| bytes.first_chunk()).ok_or_else(cut)?;
        let count = u16::from_be_bytes([high, low]);
        let components = bytes.get(42..42 + 3 * usize::from(count)).ok_or_else(cut)?.as_chunks::<3>().0;
        let span = |end: u32, start: u32| end.checked_sub(start).filter(|&span| span > 0).ok_or_else(cut);
        let size =
            |span: u32| u16::try_from(span).map_err(|_| Fault::Damaged(format!("a side of {span} pixels")));
        let number =
            |span: u32, side: u32| span.checked_div(side).map(|number| u64::from(number) + 1).ok_or_else(cut);
        if components.iter().any(|&[_, across, down]| (across, down) != (1, 1)) {
            return Fault::unsupported("JPEG 2000 with subsampled components");
        }
        Ok(Self {
            start,
            size: Size {
                width: size(span(right, left)?)?,
                height: size(span(bottom, top)?)?,
                samples: count,
            },
            tiles: number(span(right, tiles_left)?, tile_width)?
                .saturating_mul(number(span(bottom, tiles_top)?, tile_height)?),
            precisions: components
                .iter()
                .map(|&[depth, ..]| ((depth & 0x7F) + 1, depth & 0x80 != 0))
                .collect(),
            // bit 14 of the capabilities says that capabilities of part 15 are needed (ISO/IEC 15444-15, A.2).
            high_throughput: bytes.get(6).is_some_and(|&byte| byte & 0x40 != 0),
        })
    }

    #[cfg(feature = "jpeg2000")]
    fn samples(&self, stream: &[u8]) -> Result<Vec<u16>, Fault> {
        use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

        let broken = |error: hayro_jpeg2000::DecodeError| Fault::Damaged(format!("JPEG 2000: {error}"));
        let settings =
            DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
        let image = Image::new(stream, &settings).map_err(broken)?;
        let mut context = DecoderContext::default();
        let decoded = image.decode(&mut context).map_err(broken)?;
        let pixels = usize::from(self.size.width) * usize::from(self.size.height);
        let planes = decoded.components();
        if planes.len() != self.precisions.len() || planes.iter().any(|plane| plane.samples().len() != pixels)
        {
            return Fault::damaged("the JPEG 2000 components do not fill the picture");
        }
        let mut samples = Vec::with_capacity(pixels * planes.len());
        for pixel in 0..pixels {
            for (plane, &(precision, signed)) in planes.iter().zip(&self.precisions) {
                let greatest = ((1_u32 << precision) - 1) as f32;
                let value = plane.samples()[pixel].round().clamp(0.0, greatest) as i32;
                // The library adds half of the range to every component.
                let value = if signed { value - (1 << (precision - 1)) } else { value };
                samples.push(value as u16);
            }
        }
        Ok(samples)
    }

    #[cfg(not(feature = "jpeg2000"))]
    fn samples(&self, _: &[u8]) -> Result<Vec<u16>, Fault> {
        Fault::unsupported("JPEG 2000, for which this program was built without the feature `jpeg2000`")
    }
}
