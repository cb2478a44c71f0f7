//! Turns a decoded [`Picture`] into the input of a network: `[3, H, W]` in f32.
//!
//! The steps, in this order, each off unless asked for or needed:
//!
//! 1. **colour**: to gray (Rec. 601 luma), or kept as RGB;
//! 2. **border**: a share of every edge is cut off, where markers and collimation borders lie;
//! 3. **CLAHE**: local contrast, gray only;
//! 4. **fit and resize** to a square: stretched, padded or cropped, with a named filter;
//! 5. **augmentation**, when one is drawn for this call;
//! 6. **normalisation** as the weights ask; here, and not before, samples become floating-point numbers.
//!
//! 16-bit samples stay 16-bit until step 6. Gray fills all three channels.

mod augment;
mod clahe;
mod normalise;
mod resize;
mod sample;

use ndarray::{Array3, Array4, ArrayView3, Axis};
use radiograph_input::{Colour, Filter, Fit, Normalisation};
use serde::{Deserialize, Serialize};

pub use self::{augment::Transform, clahe::Clahe, resize::resize};
use crate::{ImageError, Picture};

/// Settings of preprocessing. [`check`](Self::check) turns them into a [`Preprocessor`].
///
/// ```
/// use radiograph_image::{Picture, Samples, preprocess::Preprocess};
/// use radiograph_input::Normalisation;
///
/// let preprocessor = Preprocess { size: 224, normalisation: Normalisation::Tf, ..Preprocess::default() }.check()?;
/// let picture = Picture::new(512, 400, Samples::Gray8(vec![255; 512 * 400])).expect("as many as the sides ask for");
/// let input = preprocessor.apply(picture);
/// assert_eq!(input.dim(), (3, 224, 224));
/// assert_eq!(input[[0, 100, 100]], 1.0);
/// # Ok::<(), radiograph_image::ImageError>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preprocess {
    /// Step 1: gray or colour.
    pub colour: Colour,
    /// Step 2: share of width and height cut off at every edge, at least 0 and below 0.5.
    pub border: f64,
    /// Step 3: local contrast, off by default.
    pub clahe: Option<Clahe>,
    /// Step 4: fit of a picture that is not square.
    pub fit: Fit,
    /// Step 4: resampling filter.
    pub filter: Filter,
    /// Step 4: side of the result in pixels, 1 to 4,096.
    pub size: u32,
    /// Step 6: scale of the values.
    pub normalisation: Normalisation,
}

impl Default for Preprocess {
    /// Gray, stretched to 224 × 224 with the antialiased bilinear filter, values 0 to 1.
    fn default() -> Self {
        Self {
            colour: Colour::Gray,
            border: 0.0,
            clahe: None,
            fit: Fit::Stretch,
            filter: Filter::Bilinear,
            size: 224,
            normalisation: Normalisation::ZeroOne,
        }
    }
}

impl Preprocess {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`ImageError::Preprocess`] names the field and what it may be.
    pub fn check(self) -> Result<Preprocessor, ImageError> {
        let refuse = |field: &'static str, remedy| Err(ImageError::Preprocess { field, remedy });
        if self.size == 0 || self.size > 4096 {
            return refuse("size", "give 1 to 4096 pixels");
        }
        if !(0.0..0.5).contains(&self.border) {
            return refuse("border", "give a share of 0 up to below 0.5");
        }
        if self.normalisation.channels() == 1 && self.colour == Colour::Rgb {
            return refuse(
                "normalisation",
                "xrv has one channel; set colour to gray, or another normalisation",
            );
        }
        if let Some(clahe) = &self.clahe {
            if self.colour == Colour::Rgb {
                return refuse(
                    "clahe",
                    "set colour to gray: local contrast of single channels would make colours up",
                );
            }
            if !(clahe.clip_limit > 0.0 && clahe.clip_limit.is_finite()) {
                return refuse("clahe.clip_limit", "give a number above 0; 2 is common");
            }
            if clahe.tiles == 0 || clahe.tiles > 16 {
                return refuse("clahe.tiles", "give 1 to 16 tiles a side; 8 is common");
            }
        }
        Ok(Preprocessor { steps: self })
    }
}

/// Checked steps, ready for pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessor {
    steps: Preprocess,
}

impl Preprocessor {
    /// The steps.
    pub fn steps(&self) -> &Preprocess {
        &self.steps
    }

    /// All steps without augmentation: `[C, size, size]`, red, green, blue (Caffe: blue, green, red; xrv: gray alone).
    pub fn apply(&self, picture: Picture) -> Array3<f32> {
        normalise::apply(self.steps.normalisation, &self.to_square(picture))
    }

    /// Step 6 of a square picture of [`to_square`](Self::to_square): `[C, size, size]`.
    pub fn normalise(&self, square: &Picture) -> Array3<f32> {
        normalise::apply(self.steps.normalisation, square)
    }

    /// All steps with an augmentation drawn before: `[C, size, size]`.
    pub fn apply_augmented(&self, picture: Picture, transform: &Transform) -> Array3<f32> {
        normalise::apply(self.steps.normalisation, &transform.apply(&self.to_square(picture)))
    }

    /// Steps 1 to 4: a square picture at the depth of its file.
    pub fn to_square(&self, picture: Picture) -> Picture {
        let picture = match self.steps.colour {
            Colour::Gray => picture.into_gray(),
            Colour::Rgb => picture,
        };
        let picture = cut_border(picture, self.steps.border);
        let picture = match &self.steps.clahe {
            Some(clahe) => clahe.apply(picture),
            None => picture,
        };
        resize::to_square(picture, self.steps.size, self.steps.fit, self.steps.filter)
    }

    /// A square picture of values such as [`apply`](Self::apply) makes them, for showing what a network sees.
    /// `None` unless the shape is `[3, H, W]` with sides from 1 to 4,096.
    pub fn show(&self, input: &ArrayView3<'_, f32>) -> Option<Picture> {
        normalise::undo(self.steps.normalisation, input)
    }
}

/// One batch `[N, 3, H, W]` of inputs of one size; `None` if there are none or their shapes differ.
///
/// ```
/// use ndarray::Array3;
/// use radiograph_image::preprocess::batch;
///
/// let input = Array3::zeros((3, 224, 224));
/// assert_eq!(batch(&[input.view(), input.view()]).expect("two of one shape").dim(), (2, 3, 224, 224));
/// ```
pub fn batch(inputs: &[ArrayView3<'_, f32>]) -> Option<Array4<f32>> {
    if inputs.is_empty() {
        return None;
    }
    ndarray::stack(Axis(0), inputs).ok()
}

fn cut_border(picture: Picture, share: f64) -> Picture {
    let cut = |side: u32| (f64::from(side) * share) as u32;
    let (left, top) = (cut(picture.width()), cut(picture.height()));
    if left == 0 && top == 0 {
        return picture;
    }
    // Less than half of either side goes at either edge, so something is left.
    let (width, height) = (picture.width() - 2 * left, picture.height() - 2 * top);
    picture.crop(left, top, width, height).unwrap_or(picture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Samples;

    #[test]
    fn bad_fields_are_named() {
        let refused = |steps: Preprocess| match steps.check() {
            Err(ImageError::Preprocess { field, .. }) => field,
            other => panic!("not refused: {other:?}"),
        };
        let plain = Preprocess::default;
        assert_eq!(refused(Preprocess { size: 0, ..plain() }), "size");
        assert_eq!(refused(Preprocess { size: 5000, ..plain() }), "size");
        assert_eq!(refused(Preprocess { border: 0.5, ..plain() }), "border");
        assert_eq!(refused(Preprocess { border: f64::NAN, ..plain() }), "border");
        let clahe = Some(Clahe { clip_limit: 0.0, tiles: 8 });
        assert_eq!(refused(Preprocess { clahe, ..plain() }), "clahe.clip_limit");
        let clahe = Some(Clahe::default());
        assert_eq!(refused(Preprocess { clahe, colour: Colour::Rgb, ..plain() }), "clahe");
    }

    #[test]
    fn borders_go_at_every_edge() {
        let samples = (0..20).map(|value| value as u8).collect();
        let picture = Picture::new(5, 4, Samples::Gray8(samples)).unwrap();
        let cut = cut_border(picture, 0.25);
        assert_eq!((cut.width(), cut.height()), (3, 2));
        assert_eq!(cut.samples(), &Samples::Gray8(vec![6, 7, 8, 11, 12, 13]));
    }

    #[test]
    fn sixteen_bits_reach_normalisation() {
        let preprocessor =
            Preprocess { size: 2, filter: Filter::Nearest, ..Preprocess::default() }.check().unwrap();
        let picture = Picture::new(2, 2, Samples::Gray16(vec![0, 1, 32_768, 65_535])).unwrap();
        let input = preprocessor.apply(picture);
        let expected = [0.0, 1.0 / 65_535.0, 32_768.0 / 65_535.0, 1.0];
        for (value, expected) in input.index_axis(Axis(0), 2).iter().zip(expected) {
            assert!((f64::from(*value) - expected).abs() < 1e-9, "{value} is not {expected}");
        }
    }

    #[test]
    fn inputs_of_different_sizes_are_no_batch() {
        let (one, two) = (Array3::zeros((3, 2, 2)), Array3::zeros((3, 4, 4)));
        assert!(batch(&[one.view(), two.view()]).is_none());
        assert!(batch(&[]).is_none());
    }
}
