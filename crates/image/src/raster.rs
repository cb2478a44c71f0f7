//! Decodes PNG, WebP, BMP and TIFF with the `image` crate: header first, then limits, then pixels.

use std::io::Cursor;

use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError,
    codecs::{bmp::BmpDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder},
    error::{LimitErrorKind, UnsupportedErrorKind},
    metadata::Orientation,
};

use crate::{ImageFormat, Limits, Note, Picture, Samples, Stated, Undecodable, depth};

pub(crate) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    stated: &Stated,
    limits: &Limits,
    notes: &mut Vec<Note>,
) -> Result<Picture, Undecodable> {
    let failed = |error| refusal(&error, format, limits);
    let several = |frames| Undecodable::SeveralFrames { format, frames };
    let cursor = Cursor::new(bytes);
    let (picture, orientation) = match format {
        ImageFormat::Png => {
            // The library's own refusal would not say what the header promises.
            let (width, height) = png_size(bytes).ok_or_else(|| Undecodable::damaged(format, "no header"))?;
            limits.check(width.into(), height.into(), 1, 1)?;
            check_palette(bytes)?;
            let decoder = PngDecoder::with_limits(cursor, library_limits(limits)).map_err(failed)?;
            if decoder.is_apng().map_err(failed)? {
                return Err(several(None));
            }
            pixels(decoder, format, limits)?
        }
        ImageFormat::WebP => {
            check_chunks(bytes)?;
            let decoder = WebPDecoder::new(cursor).map_err(failed)?;
            if decoder.has_animation() {
                return Err(several(None));
            }
            pixels(decoder, format, limits)?
        }
        ImageFormat::Bmp => pixels(BmpDecoder::new(cursor).map_err(failed)?, format, limits)?,
        _ => {
            check_pages(bytes)?;
            pixels(TiffDecoder::new(cursor).map_err(failed)?, format, limits)?
        }
    };
    if orientation != 1 {
        notes.push(Note::Turned { orientation });
    }
    let picture = picture.turned(orientation);
    let Some((black, white)) = depth::range(&picture, stated.range(), || depth::stated(bytes, format)) else {
        return Ok(picture);
    };
    notes.push(Note::Stretched { black, white });
    Ok(picture.stretched(black, white))
}

/// Width and height of a PNG's first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((side(16)?, side(20)?))
}

/// A palette of a PNG consists of whole colours; its decoder breaks down over others.
fn check_palette(bytes: &[u8]) -> Result<(), Undecodable> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    // Length, name, content, checksum.
    while let Some((&[l0, l1, l2, l3, ref name @ ..], behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        match name {
            b"PLTE" if !length.is_multiple_of(3) => {
                let reason = format!("a palette of {length} bytes, which are no whole colours");
                return Err(Undecodable::damaged(ImageFormat::Png, reason));
            }
            b"IDAT" => return Ok(()),
            _ => rest = behind.get(length.saturating_add(4)..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Every chunk of a WebP lies within the file. Its decoder allocates what the length of a chunk of metadata says, whatever the
/// limit.
fn check_chunks(bytes: &[u8]) -> Result<(), Undecodable> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk::<8>() {
        // Eight bytes: a name and a length.
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        if length > behind.len() {
            return Err(Undecodable::damaged(
                ImageFormat::WebP,
                format!("a chunk of {length} bytes, where {} are left", behind.len()),
            ));
        }
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}

/// A TIFF may be a stack of pages.
fn check_pages(bytes: &[u8]) -> Result<(), Undecodable> {
    let damaged = |error: tiff::TiffError| Undecodable::damaged(ImageFormat::Tiff, error.to_string());
    let decoder = tiff::decoder::Decoder::new(Cursor::new(bytes)).map_err(damaged)?;
    if decoder.more_images() {
        return Err(Undecodable::SeveralFrames { format: ImageFormat::Tiff, frames: None });
    }
    Ok(())
}

fn pixels<D: ImageDecoder>(
    mut decoder: D,
    format: ImageFormat,
    limits: &Limits,
) -> Result<(Picture, u8), Undecodable> {
    let (width, height) = decoder.dimensions();
    let colours = decoder.color_type();
    let (channels, bytes_each) =
        (u64::from(colours.channel_count()), u64::from(colours.bits_per_pixel()) / 8);
    limits.check(width.into(), height.into(), channels, bytes_each / channels.max(1))?;
    check_depth(colours, format)?;
    decoder.set_limits(library_limits(limits)).map_err(|error| refusal(&error, format, limits))?;
    // A mark that cannot be read is none.
    let orientation = decoder.orientation().map_or(1, Orientation::to_exif);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, format, limits))?;
    let samples = match image {
        DynamicImage::ImageLuma8(buffer) => Samples::Gray8(buffer.into_raw()),
        DynamicImage::ImageLuma16(buffer) => Samples::Gray16(buffer.into_raw()),
        DynamicImage::ImageRgb8(buffer) => Samples::Rgb8(buffer.into_raw()),
        DynamicImage::ImageRgb16(buffer) => Samples::Rgb16(buffer.into_raw()),
        DynamicImage::ImageLumaA8(buffer) => {
            Samples::Gray8(buffer.pixels().map(|pixel| over_black8(pixel.0[0], pixel.0[1])).collect())
        }
        DynamicImage::ImageLumaA16(buffer) => {
            Samples::Gray16(buffer.pixels().map(|pixel| over_black16(pixel.0[0], pixel.0[1])).collect())
        }
        DynamicImage::ImageRgba8(buffer) => Samples::Rgb8(
            buffer
                .pixels()
                .flat_map(|pixel| [0, 1, 2].map(|c| over_black8(pixel.0[c], pixel.0[3])))
                .collect(),
        ),
        DynamicImage::ImageRgba16(buffer) => Samples::Rgb16(
            buffer
                .pixels()
                .flat_map(|pixel| [0, 1, 2].map(|c| over_black16(pixel.0[c], pixel.0[3])))
                .collect(),
        ),
        _ => return Err(floating_point(format)),
    };
    let picture = Picture::new(width, height, samples);
    let picture = picture
        .ok_or_else(|| Undecodable::damaged(format, format!("the pixels do not fill {width} × {height}")))?;
    Ok((picture, orientation))
}

/// Transparency shows what lies behind; behind a radiograph it is dark.
fn over_black8(value: u8, alpha: u8) -> u8 {
    ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8
}

fn over_black16(value: u16, alpha: u16) -> u16 {
    ((u64::from(value) * u64::from(alpha) + 32_767) / 65_535) as u16
}

fn library_limits(limits: &Limits) -> image::Limits {
    let mut library = image::Limits::default();
    library.max_image_width = Some(limits.side);
    library.max_image_height = Some(limits.side);
    library.max_alloc = Some(limits.allocation);
    library
}

/// Floating-point samples have no black and white of their own, so nothing here can say what they show.
fn check_depth(colours: ColorType, format: ImageFormat) -> Result<(), Undecodable> {
    match colours {
        ColorType::Rgb32F | ColorType::Rgba32F => Err(floating_point(format)),
        _ => Ok(()),
    }
}

fn floating_point(format: ImageFormat) -> Undecodable {
    Undecodable::UnsupportedVariety {
        format,
        what: "floating-point samples".to_owned(),
        remedy: "save it with 8 or 16 bits",
    }
}

fn refusal(error: &ImageError, format: ImageFormat, limits: &Limits) -> Undecodable {
    match error {
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::InsufficientMemory) => {
            Undecodable::TooMuchMemory {
                bytes: limits.allocation.saturating_add(1),
                limit: limits.allocation,
            }
        }
        ImageError::Unsupported(unsupported) => Undecodable::UnsupportedVariety {
            format,
            what: match unsupported.kind() {
                UnsupportedErrorKind::Color(colours) => format!("samples of type {colours:?}"),
                _ => unsupported.to_string(),
            },
            remedy: "convert the file to PNG",
        },
        other => Undecodable::damaged(format, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compositing_keeps_opaque_and_drops_transparent() {
        for value in [0, 1, 127, 254, 255] {
            assert_eq!(over_black8(value, 255), value);
            assert_eq!(over_black8(value, 0), 0);
        }
        assert_eq!(over_black8(200, 128), 100);
        assert_eq!(over_black16(65_535, 65_535), 65_535);
        assert_eq!(over_black16(65_535, 32_768), 32_768);
    }
}
