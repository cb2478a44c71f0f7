//! An image as it is shown beside its heat map: the part that the network saw, in full resolution and colour.

use std::path::{Path, PathBuf};

use image::{GrayImage, RgbImage, imageops};
use radiograph_files::ContentHash;
use radiograph_gradcam::measure::Mask;
use radiograph_image::{
    ImageError, Limits, Picture, Samples, Stated,
    preprocess::{Cut, Preprocess},
    read_file,
};
use radiograph_input::{Filter, Fit, GrayValues};

use crate::{Error, Film};

/// An image that is cropped and padded like the network's input, because the feature map covers only that part. If the
/// network saw the whole image, stretched, the image is shown unchanged.
#[derive(Debug)]
pub struct Shown {
    path: PathBuf,
    picture: RgbImage,
    /// Width and height of the whole image.
    whole: (u32, u32),
    /// Preprocessing that cropped the image, and what it kept, if any.
    cut: Option<(Preprocess, Cut)>,
}

impl Shown {
    /// Reads the image at `path`, whose features were made with `steps`. Without `steps`, the whole image is shown. `stated` is
    /// what its collection says of its samples.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if it is not an image; [`Error::Changed`] if the file differs from `content`, the image whose
    /// features were computed.
    pub fn read(
        path: &Path,
        content: ContentHash,
        stated: Stated,
        steps: Option<&Preprocess>,
    ) -> Result<Self, Error> {
        let limits = Limits::default();
        let bytes = read_file(path, &limits)?;
        if ContentHash::of_bytes(&bytes) != content {
            return Err(Error::Changed { path: path.to_owned() });
        }
        let whole = stated
            .decode(&bytes, &limits)
            .map_err(|reason| ImageError::Undecodable { path: path.to_owned(), reason })?;
        Self::of_picture(path, whole, steps)
    }

    /// The picture of a film that is in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Image`] if a preprocessing step is out of its range.
    pub fn of(film: &Film, steps: Option<&Preprocess>) -> Result<Self, Error> {
        Self::of_picture(film.path(), film.stored().clone(), steps)
    }

    fn of_picture(path: &Path, whole: Picture, steps: Option<&Preprocess>) -> Result<Self, Error> {
        let size = (whole.width(), whole.height());
        let cut = match steps {
            Some(steps) => {
                let kept = steps.clone().check()?.cut(&whole);
                let cropped = steps.fit != Fit::Stretch || !kept.is_whole(size.0, size.1);
                cropped.then(|| (with_own_values(steps), kept))
            }
            None => None,
        };
        let whole = whole.into_8_bit();
        let picture = match &cut {
            Some((steps, kept)) => steps.clone().check()?.to_square_of(whole, *kept),
            None => whole,
        };
        Ok(Self { path: path.to_owned(), picture: coloured(picture, path)?, whole: size, cut })
    }

    /// The picture, in colour if the file is.
    pub fn picture(&self) -> &RgbImage {
        &self.picture
    }

    /// Mask of the dark area that reaches the border.
    pub fn outside_body(&self) -> Mask {
        Mask::outside_body(&imageops::grayscale(&self.picture))
    }

    /// The mask over this picture, from a mask of any size that covers the whole image.
    ///
    /// # Errors
    ///
    /// [`Error::Gradcam`] if the mask and the image have different proportions.
    pub fn mask(&self, drawn: &Mask) -> Result<Mask, Error> {
        let (width, height) = self.whole;
        let fits = drawn.resized(height as usize, width as usize)?;
        let Some((steps, kept)) = &self.cut else {
            return Ok(fits.resized(self.picture.height() as usize, self.picture.width() as usize)?);
        };
        let levels = fits.marked().iter().map(|marked| if *marked { 255 } else { 0 }).collect();
        let picture = Picture::new(width, height, Samples::Gray8(levels)).ok_or_else(|| {
            Error::damaged(&self.path, "it has fewer pixels than its width and height require")
        })?;
        let steps = Preprocess { filter: Filter::Nearest, ..steps.clone() };
        let seen = steps.check()?.to_square_of(picture, *kept).into_gray().into_8_bit();
        let (width, height) = (seen.width(), seen.height());
        let levels = match seen.into_samples() {
            Samples::Gray8(levels) => levels,
            // What was made 8-bit and gray is nothing else.
            _ => Vec::new(),
        };
        let levels = GrayImage::from_raw(width, height, levels).ok_or_else(|| {
            Error::damaged(&self.path, "its mask has fewer pixels than its width and height require")
        })?;
        Ok(Mask::of_picture(&levels))
    }

    /// The same image, scaled down to sides of at most `side` pixels; heat maps are much coarser.
    #[must_use]
    pub fn at_most(mut self, side: u32) -> Self {
        let (width, height) = self.picture.dimensions();
        let longer = width.max(height);
        if longer > side {
            let scaled =
                |length: u32| (u64::from(length) * u64::from(side) / u64::from(longer)).max(1) as u32;
            self.picture = imageops::resize(
                &self.picture,
                scaled(width),
                scaled(height),
                imageops::FilterType::Triangle,
            );
        }
        self
    }
}

/// The same steps without a change of gray values.
fn with_own_values(steps: &Preprocess) -> Preprocess {
    Preprocess { clahe: None, gray_values: GrayValues::Stored, ..steps.clone() }
}

fn coloured(picture: Picture, path: &Path) -> Result<RgbImage, Error> {
    let (width, height) = (picture.width(), picture.height());
    let samples = match picture.into_8_bit().into_rgb().into_samples() {
        Samples::Rgb8(samples) => samples,
        // What was made 8-bit and coloured is nothing else.
        _ => Vec::new(),
    };
    RgbImage::from_raw(width, height, samples)
        .ok_or_else(|| Error::damaged(path, "it has fewer pixels than its width and height require"))
}

#[cfg(test)]
mod tests {
    use radiograph_image::{encode_png, preprocess::resize};
    use radiograph_input::FilmPart;
    use radiograph_phantoms::{Finding, Phantom};

    use super::*;

    /// 400 × 300: the left and the right eighth are white, the rest is black with a white square in the middle.
    fn file(folder: &Path) -> (PathBuf, ContentHash) {
        let picture = GrayImage::from_fn(400, 300, |x, y| {
            let middle = (150..250).contains(&x) && (100..200).contains(&y);
            image::Luma([if !(50..350).contains(&x) || middle { 255 } else { 0 }])
        });
        let path = folder.join("film.png");
        picture.save(&path).unwrap();
        let content = ContentHash::of_file(&path).unwrap();
        (path, content)
    }

    #[test]
    fn what_the_network_did_not_see_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (path, content) = file(folder.path());
        let stretched = Preprocess { size: 30, ..Preprocess::default() };
        let whole = Shown::read(&path, content, Stated::default(), Some(&stretched)).unwrap();
        assert_eq!(whole.picture().dimensions(), (400, 300));
        assert_eq!(whole.at_most(200).picture().dimensions(), (200, 150));

        let cut = Preprocess { fit: Fit::CentreCrop, ..stretched };
        let shown = Shown::read(&path, content, Stated::default(), Some(&cut)).unwrap();
        assert_eq!(shown.picture().dimensions(), (30, 30));
        // The white edges are cut away; the square is a third of each side now.
        assert_eq!(shown.picture().get_pixel(1, 1).0, [0; 3]);
        assert_eq!(shown.picture().get_pixel(15, 15).0, [255; 3]);
        // So is a mask of the square, drawn at half the file's size.
        let drawn = GrayImage::from_fn(200, 150, |x, y| {
            image::Luma([if (75..125).contains(&x) && (50..100).contains(&y) { 255 } else { 0 }])
        });
        let mask = shown.mask(&Mask::of_picture(&drawn)).unwrap();
        assert_eq!(mask.marked().dim(), (30, 30));
        assert!((mask.share() - 1.0 / 9.0).abs() < 0.01, "{}", mask.share());
    }

    /// Film and mask are cut alike, and the film is shown with its own gray values.
    #[test]
    fn a_film_that_is_cut_to_the_lungs_is_shown_so() {
        let folder = tempfile::tempdir().unwrap();
        let drawn = Phantom { seed: 1, patient: 0, film: 0, finding: Finding::None, bedside: false };
        let picture = drawn.draw(200).picture.into_8_bit().into_gray();
        let path = folder.path().join("film.png");
        std::fs::write(&path, encode_png(&picture).unwrap()).unwrap();
        let content = ContentHash::of_file(&path).unwrap();
        let (part, gray_values) = (FilmPart::Lungs, GrayValues::Even);
        let steps = Preprocess { size: 50, part, gray_values, ..Preprocess::default() };
        let cut = steps.clone().check().unwrap().cut(&picture);
        let ((left, top), (width, height)) = (cut.corner(), cut.size());
        assert!(!cut.is_whole(200, 200) && width > 50 && height > 50, "{cut:?}");
        let shown = Shown::read(&path, content, Stated::default(), Some(&steps)).unwrap();
        let kept = picture.crop(left, top, width, height).unwrap();
        let expected = resize(&kept, 50, 50, Filter::Bilinear).unwrap();
        assert_eq!(shown.picture(), &coloured(expected, &path).unwrap());
        let inside = |x: u32, y: u32| (left..left + width).contains(&x) && (top..top + height).contains(&y);
        let share = |marked: &dyn Fn(u32, u32) -> bool| {
            let mask = GrayImage::from_fn(200, 200, |x, y| image::Luma([if marked(x, y) { 255 } else { 0 }]));
            shown.mask(&Mask::of_picture(&mask)).unwrap().share()
        };
        assert_eq!((share(&inside), share(&|x, y| !inside(x, y))), (1.0, 0.0));
    }

    #[test]
    fn another_file_in_its_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, content) = file(folder.path());
        GrayImage::new(4, 4).save(&path).unwrap();
        let error = Shown::read(&path, content, Stated::default(), None).unwrap_err();
        assert!(matches!(error, Error::Changed { .. }), "{error}");
    }
}
