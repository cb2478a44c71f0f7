//! Decodes JPEG: gray, colour and CMYK, sequential and progressive, 8 bits.
//!
//! Decoded by `zune-jpeg`, measured at the speed of libjpeg-turbo or above (`benches/image.rs`); strict, because
//! by default it fills what a truncated file lacks with gray.

use std::ops::Range;

use image::metadata::Orientation;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{ImageFormat, Limits, Picture, Samples, Undecodable, codec::Size, jpeg_scans::with_ones_behind};

/// EXIF Orientation of a JPEG file, 1 (upright) to 8; `None` if the file has none.
pub(crate) fn orientation(bytes: &[u8]) -> Option<u8> {
    let exif = segments(bytes).filter(|(marker, _)| *marker == 0xE1).map(|(_, content)| &bytes[content]);
    let exif = exif.filter_map(|content| content.strip_prefix(b"Exif\0\0")).next()?;
    Orientation::from_exif_chunk(exif).map(Orientation::to_exif)
}

/// Decodes the components as they are coded, without conversion of colours.
pub(crate) fn components(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Undecodable> {
    let picture = decode_to(&without_applications(bytes), limits, |stored| match stored {
        ColorSpace::Luma | ColorSpace::LumaA => ColorSpace::Luma,
        ColorSpace::YCbCr => ColorSpace::YCbCr,
        _ => ColorSpace::RGB,
    })?;
    match picture.into_samples() {
        Samples::Gray8(values) | Samples::Rgb8(values) => Ok(values),
        _ => Err(Undecodable::damaged(ImageFormat::Jpeg, "more than 8 bits")),
    }
}

/// The stream without the segments of applications. They say how colours are meant, which in DICOM the attributes say; old
/// films have broken ones.
fn without_applications(bytes: &[u8]) -> Vec<u8> {
    let mut kept = bytes[..bytes.len().min(2)].to_vec();
    let mut rest = 2;
    for (marker, content) in segments(bytes) {
        rest = content.end;
        if !matches!(marker, 0xE0..=0xEF | 0xFE) {
            kept.extend_from_slice(&bytes[content.start - 4..content.end]);
        }
    }
    kept.extend_from_slice(bytes.get(rest..).unwrap_or_default());
    kept
}

/// Decodes as stored: gray stays gray, everything else becomes RGB.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
    decode_to(bytes, limits, |stored| match stored {
        ColorSpace::Luma | ColorSpace::LumaA => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    })
}

/// Decodes the luma alone where it is stored apart.
pub(crate) fn decode_gray(bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
    let picture = decode_to(bytes, limits, |stored| match stored {
        ColorSpace::Luma | ColorSpace::LumaA | ColorSpace::YCbCr => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    })?;
    Ok(picture.into_gray())
}

/// Decodes once: as stored, and in gray as [`decode_gray`] does.
pub(crate) fn decode_with_gray(bytes: &[u8], limits: &Limits) -> Result<(Picture, Picture), Undecodable> {
    let mut luma_apart = false;
    let stored = decode_to(bytes, limits, |stored| match stored {
        ColorSpace::Luma | ColorSpace::LumaA => ColorSpace::Luma,
        ColorSpace::YCbCr => {
            luma_apart = true;
            ColorSpace::YCbCr
        }
        _ => ColorSpace::RGB,
    })?;
    if !luma_apart {
        let gray = stored.clone().into_gray();
        return Ok((stored, gray));
    }
    let (width, height) = (stored.width(), stored.height());
    let Samples::Rgb8(mut values) = stored.into_samples() else {
        return Err(Undecodable::damaged(ImageFormat::Jpeg, "no three channels"));
    };
    let luma = values.iter().step_by(3).copied().collect();
    for pixel in values.as_chunks_mut().0 {
        *pixel = rgb(*pixel);
    }
    let picture = |samples| {
        Picture::new(width, height, samples).ok_or_else(|| {
            Undecodable::damaged(ImageFormat::Jpeg, format!("the pixels do not fill {width} × {height}"))
        })
    };
    Ok((picture(Samples::Rgb8(values))?, picture(Samples::Gray8(luma))?))
}

/// JFIF 1.02, section 7: full-range Rec. 601.
pub(crate) fn rgb([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) = (f32::from(luma), f32::from(blue) - 128.0, f32::from(red) - 128.0);
    let level = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    [level(luma + 1.402 * red), level(luma - 0.344_136 * blue - 0.714_136 * red), level(luma + 1.772 * blue)]
}

fn decode_to(
    bytes: &[u8],
    limits: &Limits,
    choose: impl FnOnce(ColorSpace) -> ColorSpace,
) -> Result<Picture, Undecodable> {
    let damaged = |reason| Undecodable::damaged(ImageFormat::Jpeg, reason);
    let broken = |error: zune_jpeg::errors::DecodeErrors| damaged(format!("{error:?}"));
    // The library's own limit is one side; ours also knows the area, so it is checked between header and pixels.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(limits.side as usize)
        .set_max_height(limits.side as usize);
    let frame = frame(bytes).ok_or_else(|| damaged("no frame header".to_owned()))?;
    limits.check(frame.width.into(), frame.height.into(), frame.channels.into(), 1)?;
    frame.check_coding()?;
    with_ones_behind(bytes, frame.coding < 0xC2, frame.channels, |bytes| {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(broken)?;
        let stored = decoder.input_colorspace().ok_or_else(|| damaged("no colour space".to_owned()))?;
        let colours = choose(stored);
        decoder.set_options(options.jpeg_set_out_colorspace(colours));
        let values = decoder.decode().map_err(broken)?;
        let (width, height) = decoder.dimensions().ok_or_else(|| damaged("no dimensions".to_owned()))?;
        let samples =
            if colours == ColorSpace::Luma { Samples::Gray8(values) } else { Samples::Rgb8(values) };
        let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
        Picture::new(side(width), side(height), samples)
            .ok_or_else(|| damaged(format!("the pixels do not fill {width} × {height}")))
    })
}

/// Content of a JPEG frame header (SOFn), and what precedes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    /// The marker's second byte: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC3 lossless, 0xF7 JPEG-LS, ….
    pub(crate) coding: u8,
    /// Bits a sample.
    pub(crate) precision: u8,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) channels: u8,
    /// Names of the first three components.
    names: [u8; 3],
    /// A JFIF segment says that three components are luma and chroma.
    pub(crate) jfif: bool,
    /// A component is sampled more finely than the first one, which breaks the decoder.
    finer: bool,
}

impl Frame {
    fn check_coding(self) -> Result<(), Undecodable> {
        match (self.coding, self.precision) {
            (0xC0..=0xC2, 8) if !self.finer => Ok(()),
            _ => Err(self.refusal()),
        }
    }

    /// Why a frame of this coding is not decoded.
    pub(crate) fn refusal(self) -> Undecodable {
        let what = match (self.coding, self.precision) {
            (0xC0..=0xC2, 8) => "chroma that is sampled more finely than luma".to_owned(),
            (0xC0..=0xC1, bits) => format!("{bits}-bit samples"),
            (0xC2, bits) => format!("progressively coded {bits}-bit samples"),
            (0xC3, _) => "losslessly coded samples".to_owned(),
            (0xF7, _) => "samples coded as JPEG-LS".to_owned(),
            (0xC9.., _) => "arithmetically coded samples".to_owned(),
            _ => "hierarchical frames".to_owned(),
        };
        Undecodable::UnsupportedVariety { format: ImageFormat::Jpeg, what, remedy: "convert the file to PNG" }
    }

    pub(crate) fn size(self) -> Size {
        Size { width: self.width, height: self.height, samples: self.channels.into() }
    }

    /// Whether the components are named R, G and B.
    pub(crate) fn is_named_rgb(self) -> bool {
        matches!(&self.names, b"RGB" | b"rgb")
    }
}

/// Finds the first frame header of a JPEG stream.
pub(crate) fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut jfif = false;
    for (marker, content) in segments(bytes) {
        let content = &bytes[content];
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => {
                let &[precision, h0, h1, w0, w1, channels] = content.first_chunk()?;
                let name = |number: usize| content.get(6 + 3 * number).copied().unwrap_or(0);
                let factors = |number: usize| {
                    let factors = content.get(7 + 3 * number).copied().unwrap_or(0);
                    (factors >> 4, factors & 15)
                };
                let (across, down) = factors(0);
                let is_finer = |number| factors(number).0 > across || factors(number).1 > down;
                return Some(Frame {
                    coding: marker,
                    precision,
                    height: u16::from_be_bytes([h0, h1]),
                    width: u16::from_be_bytes([w0, w1]),
                    channels,
                    names: [name(0), name(1), name(2)],
                    jfif,
                    finer: (1..usize::from(channels)).any(is_finer),
                });
            }
            0xE0 => jfif |= content.starts_with(b"JFIF"),
            _ => {}
        }
    }
    None
}

/// Markers of the segments before the first scan, and where their contents lie. The last one may be cut off.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> {
    let mut at = 2;
    std::iter::from_fn(move || {
        loop {
            while *bytes.get(at)? != 0xFF {
                at += 1; // stray bytes between segments, which decoders skip too
            }
            match *bytes.get(at + 1)? {
                0xFF => at += 1,
                0x00 | 0x01 | 0xD0..=0xD9 => at += 2,
                0xDA => return None, // pixels
                marker => {
                    let length = bytes.get(at + 2..at + 4)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let content = at + 4..(at + 2 + length).min(bytes.len());
                    at += 2 + length;
                    return Some((marker, content));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_headers_are_found_behind_other_segments() {
        let stream = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC2, 0, 11, 8, 0x02, 0x01, 0x04, 0x03, 1, 0, 0,
            0,
        ];
        let expected = Frame {
            coding: 0xC2,
            precision: 8,
            width: 0x0403,
            height: 0x0201,
            channels: 1,
            names: [0; 3],
            finer: false,
            jfif: false,
        };
        assert_eq!(frame(&stream), Some(expected));
        assert_eq!(frame(&stream[..12]), None);
        assert_eq!(frame(&[]), None);
    }
}
