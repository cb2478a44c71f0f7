//! An image as it is shown, and what is marked on it.

use std::path::{Path, PathBuf};

use image::{GrayImage, RgbImage};
use radiograph_dataset::{
    image::{Limits, Picture, Samples, decode_file},
    manifest::Row,
    preprocess::{Filter, Fit, Preprocess},
};
use radiograph_files::ContentHash;
use radiograph_gradcam::measure::{Mask, Regions};

use crate::Failure;

/// Where masks lie that are not beside their image.
pub(crate) struct Masks {
    pub(crate) lungs: Option<PathBuf>,
    pub(crate) lesions: Option<PathBuf>,
}

impl Masks {
    /// The lung mask of an image, if there is one.
    pub(crate) fn lung_file(&self, image: &Path) -> Option<PathBuf> {
        let beside = || Some(image.parent()?.parent()?.join("annotations").join("lungVAE-masks"));
        mask_file(&self.lungs.clone().or_else(beside)?, image)
    }

    fn lesion_file(&self, image: &Path) -> Option<PathBuf> {
        mask_file(self.lesions.as_ref()?, image)
    }
}

fn mask_file(folder: &Path, image: &Path) -> Option<PathBuf> {
    let path = folder.join(format!("{}_mask.png", image.file_stem()?.to_str()?));
    path.is_file().then_some(path)
}

/// An image with its regions, all of one size: what the network saw of it.
pub(crate) struct Shown {
    pub(crate) picture: RgbImage,
    pub(crate) regions: Regions,
}

impl Shown {
    /// Reads the image of a row. Where the network saw all of it, stretched, it is shown as it is; else cut and padded as
    /// it was, because the feature map covers no more than that.
    pub(crate) fn read(row: &Row, masks: &Masks, preprocessing: Option<Preprocess>) -> Result<Self, Failure> {
        let path = row.file();
        if ContentHash::of_file(&path)? != row.content_hash {
            return Err(format!("{} has changed since its features were made", path.display()).into());
        }
        let limits = Limits::default();
        let whole = decode_file(&path, &limits)?.into_8_bit();
        let (width, height) = (whole.width() as usize, whole.height() as usize);
        let view = preprocessing.filter(|steps| steps.fit != Fit::Stretch || steps.border > 0.0);
        let seen = |picture: Picture, filter: Option<Filter>| -> Result<Picture, Failure> {
            let Some(steps) = &view else { return Ok(picture) };
            let steps = Preprocess { clahe: None, filter: filter.unwrap_or(steps.filter), ..steps.clone() };
            Ok(steps.check()?.to_square(picture))
        };
        let mask = |file: Option<PathBuf>| -> Result<Option<Mask>, Failure> {
            let Some(file) = file else { return Ok(None) };
            let drawn = Mask::of_picture(&gray(decode_file(&file, &limits)?)?);
            let fits =
                drawn.resized(height, width).map_err(|error| format!("{}: {error}", file.display()))?;
            let levels = fits.marked().iter().map(|marked| if *marked { 255 } else { 0 }).collect();
            let picture = Picture::new(width as u32, height as u32, Samples::Gray8(levels))
                .ok_or("a mask has as many pixels as its image")?;
            Ok(Some(Mask::of_picture(&gray(seen(picture, Some(Filter::Nearest))?)?)))
        };
        let lungs = mask(masks.lung_file(&path))?;
        let lesion = mask(masks.lesion_file(&path))?;
        let shown = seen(whole, None)?;
        let outside_body = Mask::outside_body(&gray(shown.clone())?);
        let (width, height) = (shown.width(), shown.height());
        let Samples::Rgb8(levels) = shown.into_rgb().into_8_bit().into_samples() else {
            return Err("no colours came of an image in colour".into());
        };
        let picture = RgbImage::from_raw(width, height, levels).ok_or("an image has three levels a pixel")?;
        Ok(Self { picture, regions: Regions { lungs, lesion, outside_body } })
    }
}

fn gray(picture: Picture) -> Result<GrayImage, Failure> {
    let picture = picture.into_gray().into_8_bit();
    let (width, height) = (picture.width(), picture.height());
    let Samples::Gray8(levels) = picture.into_samples() else {
        return Err("no gray came of a gray image".into());
    };
    GrayImage::from_raw(width, height, levels).ok_or_else(|| "an image has one level a pixel".into())
}
