//! Finds the regions of an image: lung mask, lesion mask, and the area outside the body.

use std::path::{Path, PathBuf};

use image::GrayImage;
use radiograph::Shown;
use radiograph_gradcam::measure::{Mask, Regions};
use radiograph_image::{Limits, Samples, decode_file};

use crate::failure::Failure;

/// Folders with masks.
pub(super) struct Masks {
    pub(super) lungs: Option<PathBuf>,
    pub(super) lesions: Option<PathBuf>,
}

impl Masks {
    /// The lung mask of an image, if there is one.
    pub(super) fn lung_file(&self, image: &Path) -> Option<PathBuf> {
        radiograph::lung_mask(self.lungs.as_deref(), image)
    }

    fn lesion_file(&self, image: &Path) -> Option<PathBuf> {
        mask_file(self.lesions.as_ref()?, image)
    }
}

fn mask_file(folder: &Path, image: &Path) -> Option<PathBuf> {
    let path = folder.join(format!("{}_mask.png", image.file_stem()?.to_str()?));
    path.is_file().then_some(path)
}

/// The regions of an image in the geometry in which it is shown.
pub(super) fn regions(shown: &Shown, image: &Path, masks: &Masks) -> Result<Regions, Failure> {
    let mask = |file: Option<PathBuf>| -> Result<Option<Mask>, Failure> {
        let Some(file) = file else { return Ok(None) };
        let drawn = Mask::of_picture(&gray(&file)?);
        Ok(Some(shown.mask(&drawn).map_err(|error| Failure::from(error).at(file.display()))?))
    };
    let lungs = mask(masks.lung_file(image))?;
    let lesion = mask(masks.lesion_file(image))?;
    Ok(Regions { lungs, lesion, outside_body: shown.outside_body() })
}

fn gray(file: &Path) -> Result<GrayImage, Failure> {
    let picture = decode_file(file, &Limits::default())?.into_gray().into_8_bit();
    let (width, height) = (picture.width(), picture.height());
    let Samples::Gray8(levels) = picture.into_samples() else {
        return Err(Failure::input(format!("{} is not a gray image", file.display())));
    };
    GrayImage::from_raw(width, height, levels).ok_or_else(|| {
        Failure::input(format!("{} has fewer pixels than its width and height require", file.display()))
    })
}
