//! The square picture that a network sees of a film, and the lungs in it.

use std::path::{Path, PathBuf};

use image::GrayImage;
use radiograph_files::ContentHash;
use radiograph_gradcam::measure::Mask;
use radiograph_image::{
    ImageError, Limits, Picture, Samples, Stated,
    ablate::{Region, estimated_lungs},
    decode_file,
    preprocess::{Cut, Preprocess, resize},
    read_file,
};
use radiograph_input::{Colour, Filter, GrayValues};

use crate::{Error, Frozen};

/// Largest relative difference between the proportions of a mask and of its film.
const PROPORTIONS: f64 = 0.01;

/// What a network sees of a film, before normalisation.
pub(crate) struct Square {
    pub(crate) picture: Picture,
    /// The lungs, of the size of the picture.
    pub(crate) lungs: Region,
    /// Whether the lungs are known from a mask; they are estimated otherwise.
    pub(crate) masked: bool,
    /// Why a mask that is there was not used.
    pub(crate) unused_mask: Option<String>,
}

/// The lung mask of an image: `NAME_mask.png` in the folder or, without one, in `annotations/lungVAE-masks` beside the folder
/// of the image, as in Cohen's collection. `None` if there is no such file.
#[must_use]
pub fn lung_mask(folder: Option<&Path>, image: &Path) -> Option<PathBuf> {
    let beside = || Some(image.parent()?.parent()?.join("annotations").join("lungVAE-masks"));
    let folder = folder.map(Path::to_owned).or_else(beside)?;
    let path = folder.join(format!("{}_mask.png", image.file_stem()?.to_str()?));
    path.is_file().then_some(path)
}

/// What a network sees of a film, and the part of the whole film that it is.
pub(crate) struct Seen {
    pub(crate) picture: Picture,
    /// Size of the whole film.
    size: (u32, u32),
    cut: Cut,
}

/// The square picture that a network sees of a film.
///
/// # Errors
///
/// [`Error::Image`] if the film is not an image, [`Error::Changed`] if it differs from `content`.
pub(crate) fn read(
    frozen: &Frozen,
    film: &Path,
    content: ContentHash,
    stated: Stated,
) -> Result<Seen, Error> {
    let limits = Limits::default();
    let bytes = read_file(film, &limits)?;
    if ContentHash::of_bytes(&bytes) != content {
        return Err(Error::Changed { path: film.to_owned() });
    }
    let whole = match frozen.steps().colour {
        Colour::Gray => stated.decode_gray(&bytes, &limits),
        Colour::Rgb => stated.decode(&bytes, &limits),
    };
    let whole = whole.map_err(|reason| ImageError::Undecodable { path: film.to_owned(), reason })?;
    let size = (whole.width(), whole.height());
    let preprocessor = frozen.preprocessor();
    let cut = preprocessor.cut(&whole);
    Ok(Seen { picture: preprocessor.to_square_of(whole, cut), size, cut })
}

impl Square {
    /// Reads a film as extraction does, with the lungs of a mask or, without one, the estimated ones.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if the film is not an image, [`Error::Changed`] if it differs from `content`. A mask that cannot be used
    /// is no error: the lungs are estimated.
    pub(crate) fn read(
        frozen: &Frozen,
        film: &Path,
        content: ContentHash,
        stated: Stated,
        mask: Option<&Path>,
    ) -> Result<Self, Error> {
        let seen = read(frozen, film, content, stated)?;
        let lungs = mask.map(|file| lungs_of_mask(frozen.steps(), file, &seen)).transpose()?;
        let (lungs, unused_mask) = match lungs {
            Some(Ok(lungs)) => (Some(lungs), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        let masked = lungs.is_some();
        let lungs = lungs.unwrap_or_else(|| estimated_lungs(&seen.picture));
        Ok(Self { picture: seen.picture, lungs, masked, unused_mask })
    }

    /// The dark area that reaches the edge.
    pub(crate) fn outside_body(&self) -> Mask {
        let (width, height) = (self.picture.width(), self.picture.height());
        let gray = match self.picture.clone().into_gray().into_8_bit().into_samples() {
            Samples::Gray8(samples) => GrayImage::from_raw(width, height, samples),
            // What was made gray and 8-bit is nothing else.
            _ => None,
        };
        Mask::outside_body(&gray.unwrap_or_else(|| GrayImage::new(width, height)))
    }
}

/// The lungs that a mask marks in the square that the network sees, or why it cannot be used.
fn lungs_of_mask(steps: &Preprocess, file: &Path, film: &Seen) -> Result<Result<Region, String>, Error> {
    let mask = match decode_file(file, &Limits::default()) {
        Ok(mask) => mask,
        Err(error) => return Ok(Err(format!("its mask cannot be read: {error}"))),
    };
    Ok(match seen_of_mask(steps, mask, film)? {
        None => Err("its mask has other proportions than the film".to_owned()),
        Some(lungs) if lungs.share() == 0.0 => Err("its mask marks nothing".to_owned()),
        Some(lungs) if lungs.share() == 1.0 => Err("its mask marks everything".to_owned()),
        Some(lungs) => Ok(lungs),
    })
}

/// The marked places of a mask of a whole film in the square that the network sees; `None` if the proportions differ.
fn seen_of_mask(steps: &Preprocess, mask: Picture, film: &Seen) -> Result<Option<Region>, Error> {
    let (width, height) = film.size;
    let own = f64::from(mask.width()) * f64::from(height);
    if (own / (f64::from(mask.height()) * f64::from(width)) - 1.0).abs() > PROPORTIONS {
        return Ok(None);
    }
    let gray = mask.into_gray().into_8_bit();
    let Some(whole) = resize(&gray, width, height, Filter::Nearest) else { return Ok(None) };
    let steps = Preprocess {
        clahe: None,
        gray_values: GrayValues::Stored,
        filter: Filter::Nearest,
        colour: Colour::Gray,
        ..steps.clone()
    };
    let seen = steps.check()?.to_square_of(whole, film.cut);
    let (width, height) = (seen.width(), seen.height());
    Ok(match seen.into_samples() {
        Samples::Gray8(values) => {
            Region::new(width, height, values.iter().map(|value| *value > 127).collect())
        }
        _ => None,
    })
}
