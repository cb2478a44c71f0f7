//! Turns a decoded [`Picture`] into the input of a network: `[3, H, W]` in f32.
//!
//! The steps, in this order, each off unless asked for or needed:
//!
//! 1. **colour**: to gray (Rec. 601 luma), or kept as RGB;
//! 2. **cut**: a share of every edge is cut off, where markers and collimation borders lie, or all but the lungs;
//! 3. **gray values** matched to an even histogram, or **CLAHE**, local contrast; gray only;
//! 4. **fit and resize** to a square: stretched, padded or cropped, with a named filter;
//! 5. **augmentation**, when one is drawn for this call;
//! 6. **normalisation** as the weights ask; here, and not before, samples become floating-point numbers.
//!
//! 16-bit samples stay 16-bit until step 6. Gray fills all three channels.

mod augment;
mod clahe;
mod cut;
mod normalise;
mod sample;

use ndarray::{Array3, Array4, ArrayView3, Axis};
use radiograph_input::{Colour, FilmPart, Filter, Fit, GrayValues, Normalisation};
use serde::{Deserialize, Serialize};

pub use self::{augment::Transform, clahe::Clahe, cut::Cut};
pub use crate::resize::resize;
use crate::{ImageError, Picture, ablate::Histogram, resize};

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
    /// Step 2: part of the film that is kept.
    #[serde(skip_serializing_if = "FilmPart::is_whole")]
    pub part: FilmPart,
    /// Step 3: distribution of the gray values.
    #[serde(skip_serializing_if = "GrayValues::are_stored")]
    pub gray_values: GrayValues,
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
            part: FilmPart::Whole,
            gray_values: GrayValues::Stored,
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
        if self.gray_values != GrayValues::Stored && self.colour == Colour::Rgb {
            return refuse(
                "gray_values",
                "set colour to gray: a histogram of single channels would make colours up",
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

    /// Steps 1 to 4: a square picture at the depth of its file; even gray values have 8 bits.
    pub fn to_square(&self, picture: Picture) -> Picture {
        let cut = self.cut(&picture);
        self.to_square_of(picture, cut)
    }

    /// The rectangle that step 2 keeps of a whole film.
    pub fn cut(&self, film: &Picture) -> Cut {
        match self.steps.part {
            FilmPart::Lungs => Cut::of(&film.clone().into_gray(), self.steps.border, self.steps.part),
            whole => Cut::of(film, self.steps.border, whole),
        }
    }

    /// [`to_square`](Self::to_square) with a rectangle that is known. A mask must be cut as its film is.
    pub fn to_square_of(&self, picture: Picture, cut: Cut) -> Picture {
        let picture = match self.steps.colour {
            Colour::Gray => picture.into_gray(),
            Colour::Rgb => picture,
        };
        let picture = cut.apply(picture);
        let picture = match self.steps.gray_values {
            GrayValues::Even => Histogram::even().matched(picture),
            _ => picture,
        };
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
        let even = Preprocess { gray_values: GrayValues::Even, colour: Colour::Rgb, ..plain() };
        assert_eq!(refused(even), "gray_values");
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
