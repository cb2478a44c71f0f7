//! Looks at one film of an audit: what its file publishes beside the picture, and the picture at 32 × 32 pixels.

use std::collections::BTreeMap;

use radiograph_audit::{Published, SmallPicture};
use radiograph_dataset::{PublishedImage, manifest::PrivateFile};
use radiograph_files::ContentHash;
use radiograph_image::{
    DicomHeader, ImageError, ImageFormat, Limits, Picture, Samples, Stated, colour_mode,
    preprocess::{Preprocess, Preprocessor},
    read_file,
};
use radiograph_input::{Colour, FilmPart, GrayValues};

/// A film of a manifest.
pub(crate) struct Film<'f> {
    /// Its file.
    pub(crate) file: &'f PrivateFile,
    /// SHA-256 of its file in the manifest.
    pub(crate) content: ContentHash,
    /// What its collection says of its samples.
    pub(crate) stated: Stated,
    /// What was published, if the file is a smaller copy.
    pub(crate) published: Option<&'f PublishedImage>,
}

/// What the probes of an audit may look at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) published: Published,
    pub(crate) picture: Option<SmallPicture>,
}

/// Why the probes of an audit see nothing of a film.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unseen {
    /// The file cannot be read or decoded.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The file is not the one that was assembled.
    #[error("its file was changed after the run was assembled")]
    Changed,
}

impl Film<'_> {
    /// Reads and decodes the file once, by the rules of extraction. `small` makes the small picture, as [`small_pictures`] does.
    ///
    /// # Errors
    ///
    /// [`Unseen`] if it cannot be read or decoded, or is another file than when the run was assembled.
    pub(crate) fn look(&self, small: &Preprocessor) -> Result<Seen, Unseen> {
        let (path, limits) = (self.file.file(), Limits::default());
        let bytes = read_file(&path, &limits)?;
        if ContentHash::of_bytes(&bytes) != self.content {
            return Err(Unseen::Changed);
        }
        let format = ImageFormat::of_content(&bytes);
        // The luma of a JPEG is stored apart, so its gray picture says nothing of colour.
        let is_jpeg = format == Some(ImageFormat::Jpeg);
        let decoded = if is_jpeg {
            self.stated.decode_gray(&bytes, &limits)
        } else {
            self.stated.decode(&bytes, &limits)
        };
        let decoded = decoded.map_err(|reason| ImageError::Undecodable { path, reason })?;
        let mode = (!is_jpeg).then_some(if decoded.channels() == 1 { "L" } else { "RGB" });
        let own = Published {
            size: Some((decoded.width(), decoded.height())),
            bits: Some(decoded.bits()),
            colour: colour_mode(&bytes).or(mode).map(str::to_owned),
            format: format.map(|format| format.to_string()),
            bytes: Some(bytes.len() as u64),
            tags: tags(&bytes),
        };
        let published = match self.published {
            // A list gives no bits a sample; every mode but one has 8.
            Some(of) => Published {
                size: Some((of.width, of.height)),
                bits: Some(if of.mode.starts_with('I') { 16 } else { 8 }),
                colour: Some(of.mode.clone()),
                format: Some(of.format.to_string()),
                bytes: Some(of.bytes),
                tags: own.tags,
            },
            None => own,
        };
        Ok(Seen { published, picture: small_picture(decoded, small) })
    }
}

/// The steps to a small picture in gray, its proportions changed to a square, of the part and with the gray values that the
/// networks see.
pub(crate) fn small_pictures(part: FilmPart, gray_values: GrayValues) -> Preprocessor {
    let size = SmallPicture::SIDE as u32;
    let steps = Preprocess { part, gray_values, size, colour: Colour::Gray, ..Preprocess::default() };
    // Every part and distribution can be made of a gray picture of 32 pixels.
    steps.check().unwrap_or_else(|error| unreachable!("{error}"))
}

fn small_picture(picture: Picture, small: &Preprocessor) -> Option<SmallPicture> {
    match small.to_square(picture).into_8_bit().into_samples() {
        Samples::Gray8(gray) => SmallPicture::new(gray).ok(),
        _ => None,
    }
}

/// Words of a DICOM header that say nothing about a patient.
fn tags(bytes: &[u8]) -> BTreeMap<String, String> {
    let Ok(header) = DicomHeader::of_bytes(bytes) else { return BTreeMap::new() };
    let words = [
        ("manufacturer", header.manufacturer),
        ("model", header.model),
        ("modality", header.modality),
        ("body part", header.body_part),
        ("view position", header.view),
        ("presentation intent", header.intent),
        ("series", header.series),
    ];
    words.into_iter().filter_map(|(name, word)| Some((name.to_owned(), word?))).collect()
}
