//! Decodes a file's bytes to a [`Picture`]. The content decides the format, not the name.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use crate::{
    ImageError, ImageFormat, Limits, Note, Picture, Stated, TextKind, Undecodable, dicom, jpeg, raster,
    read::check_file_size, read_file,
};

/// Rules by which files become pictures, for the keys of what is computed from them. A change of a rule changes this text.
pub const DECODING: &str = "3: DICOM without a window and 16 bits of which half are unused show the range of their values \
                            without the outermost thousandths; windows of functional groups; look-up tables by their \
                            entries, presentation tables too; EXIF orientation applied";

/// Reads and decodes the image at `path`, whatever its extension says.
///
/// PNG of every depth and colour type, JPEG (gray, colour, CMYK), WebP, BMP, TIFF and DICOM are decoded, 16 bits are
/// kept, transparent pixels are composited over black (the ground of a radiograph), DICOM pixels pass modality LUT,
/// VOI LUT or window, and inversion of MONOCHROME1, in that order. Orientation marks of cameras are applied. Samples of 16
/// bits that use less than half of their range, as devices with 10 to 15 bits store them, are stretched.
///
/// ```no_run
/// use radiograph_image::{Limits, decode_file};
///
/// let picture = decode_file("chest.dcm".as_ref(), &Limits::default())?;
/// println!("{} × {}, {} bits", picture.width(), picture.height(), picture.bits());
/// # Ok::<(), radiograph_image::ImageError>(())
/// ```
///
/// # Errors
///
/// [`ImageError::Read`] if the system refuses the file, [`ImageError::Undecodable`] with the reason if its content
/// does not become a picture.
pub fn decode_file(path: &Path, limits: &Limits) -> Result<Picture, ImageError> {
    let bytes = read_file(path, limits)?;
    decode(&bytes, limits).map_err(|reason| ImageError::Undecodable { path: path.to_owned(), reason })
}

/// Decodes an image from its bytes; the steps are those of [`decode_file`].
///
/// # Errors
///
/// The reason if the bytes do not become a picture. Decoding libraries that panic are caught.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
    decode_noted(bytes, limits).map(|decoded| decoded.picture)
}

/// A picture, and what was unusual about its file.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The picture.
    pub picture: Picture,
    /// What was wrong or missing in the file, in the order in which it was met.
    pub notes: Vec<Note>,
}

/// Decodes an image as [`decode`] does, and says what was unusual about the file.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_noted(bytes: &[u8], limits: &Limits) -> Result<Decoded, Undecodable> {
    Stated::default().decode_noted(bytes, limits)
}

/// Decodes one frame, counted from 0, of a DICOM file with several. [`decode`] refuses such files, because which of their
/// frames is meant is not for a program to guess.
///
/// # Errors
///
/// [`Undecodable::NoSuchFrame`] if the file has fewer frames; otherwise as [`decode`].
pub fn decode_frame(bytes: &[u8], frame: u32, limits: &Limits) -> Result<Decoded, Undecodable> {
    guarded(|| noted(|notes| decode_as_stored(bytes, Some(frame), &Stated::default(), limits, notes)))
}

fn noted(
    decode: impl FnOnce(&mut Vec<Note>) -> Result<Picture, Undecodable>,
) -> Result<Decoded, Undecodable> {
    let mut notes = Vec::new();
    let picture = decode(&mut notes)?;
    Ok(Decoded { picture, notes })
}

/// Decodes an image to gray. Equal to [`decode`] and [`Picture::into_gray`] but for JPEG, whose luma is stored apart:
/// it is taken as stored, which skips the chroma (a quarter of the time) and keeps its rounding.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_gray(bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
    Stated::default().decode_gray(bytes, limits)
}

/// Decoding with what a table states.
impl Stated {
    /// As [`decode`].
    ///
    /// # Errors
    ///
    /// As [`decode`].
    pub fn decode(&self, bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
        self.decode_noted(bytes, limits).map(|decoded| decoded.picture)
    }

    /// As [`decode_noted`].
    ///
    /// # Errors
    ///
    /// As [`decode`].
    pub fn decode_noted(&self, bytes: &[u8], limits: &Limits) -> Result<Decoded, Undecodable> {
        guarded(|| noted(|notes| decode_as_stored(bytes, None, self, limits, notes)))
    }

    /// As [`decode_gray`].
    ///
    /// # Errors
    ///
    /// As [`decode`].
    pub fn decode_gray(&self, bytes: &[u8], limits: &Limits) -> Result<Picture, Undecodable> {
        guarded(|| match ImageFormat::of_content(bytes) {
            Some(ImageFormat::Jpeg) => {
                check_file_size(bytes.len() as u64, limits)?;
                Ok(self.shown(upright(jpeg::decode_gray(bytes, limits)?, bytes, &mut Vec::new())))
            }
            _ => decode_as_stored(bytes, None, self, limits, &mut Vec::new()).map(Picture::into_gray),
        })
    }
}

/// Decodes an image once, and gives it as [`decode`] and in gray as [`decode_gray`] does.
///
/// The gray picture is equal to that of [`decode_gray`]. The first one may differ from that of [`decode`] by one level in a
/// colour JPEG, whose colours are computed here from the decoded luma and chroma.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_with_gray(bytes: &[u8], limits: &Limits) -> Result<(Picture, Picture), Undecodable> {
    guarded(|| {
        if ImageFormat::of_content(bytes) == Some(ImageFormat::Jpeg) {
            check_file_size(bytes.len() as u64, limits)?;
            let (stored, gray) = jpeg::decode_with_gray(bytes, limits)?;
            let notes = &mut Vec::new();
            return Ok((upright(stored, bytes, notes), upright(gray, bytes, notes)));
        }
        let stored = decode_as_stored(bytes, None, &Stated::default(), limits, &mut Vec::new())?;
        let gray = stored.clone().into_gray();
        Ok((stored, gray))
    })
}

fn decode_as_stored(
    bytes: &[u8],
    frame: Option<u32>,
    stated: &Stated,
    limits: &Limits,
    notes: &mut Vec<Note>,
) -> Result<Picture, Undecodable> {
    check_file_size(bytes.len() as u64, limits)?;
    if bytes.is_empty() {
        return Err(Undecodable::Empty);
    }
    let format = ImageFormat::of_content(bytes);
    if let Some(frame) = frame.filter(|&frame| frame > 0 && format != Some(ImageFormat::Dicom)) {
        return Err(Undecodable::NoSuchFrame { frame, frames: 1 });
    }
    match format {
        Some(ImageFormat::Jpeg) => Ok(stated.shown(upright(jpeg::decode(bytes, limits)?, bytes, notes))),
        // Its header says what a table could.
        Some(ImageFormat::Dicom) => dicom::decode(bytes, frame, limits, notes),
        Some(format @ (ImageFormat::Bmp | ImageFormat::Png | ImageFormat::Tiff | ImageFormat::WebP)) => {
            raster::decode(bytes, format, stated, limits, notes).map(|picture| stated.shown(picture))
        }
        Some(format) => Err(Undecodable::UnsupportedFormat { format }),
        None => Err(match TextKind::of(bytes) {
            Some(what) => Undecodable::TextInstead { what },
            None => Undecodable::NotAnImage { text: looks_like_text(bytes) },
        }),
    }
}

/// Applies the mark of a JPEG file.
fn upright(picture: Picture, bytes: &[u8], notes: &mut Vec<Note>) -> Picture {
    match jpeg::orientation(bytes) {
        Some(orientation @ 2..=8) => {
            notes.push(Note::Turned { orientation });
            picture.turned(orientation)
        }
        _ => picture,
    }
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    head.iter().all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))
}

/// The last wall between hostile bytes and a run over thousands of images: decoding works on borrowed bytes and
/// leaves nothing half-changed behind, so a panic of a decoding library can be stopped here.
fn guarded<T>(decode: impl FnOnce() -> Result<T, Undecodable>) -> Result<T, Undecodable> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|panic| Err(Undecodable::DecoderPanicked { reason: panic_text(panic.as_ref()) }))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
