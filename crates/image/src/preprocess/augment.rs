//! Draws and applies random rotations, shifts and flips from a seed, as Keras' `ImageDataGenerator` does.

use radiograph_input::Augmentation;
use radiograph_random::Stream;

use super::sample::Sample;
use crate::{ImageError, Picture, Samples};

/// One drawn movement of a picture about its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// Degrees, clockwise as seen.
    pub degrees: f64,
    /// Share of the width by which the content moves to the right.
    pub across: f64,
    /// Share of the height by which the content moves down.
    pub down: f64,
    /// Left and right change places, before the rest.
    pub flipped: bool,
}

impl Transform {
    /// Draws the movement of copy number `copy` of the image `id`. It depends on these arguments alone, so it is the same
    /// whatever the order or the number of threads.
    ///
    /// ```
    /// use radiograph_image::preprocess::Transform;
    /// use radiograph_input::Augmentation;
    ///
    /// let augmentation = Augmentation { rotation: 10.0, ..Augmentation::default() };
    /// let first = Transform::draw(&augmentation, 7, "nih:00000001_000", 0)?;
    /// assert_eq!(first, Transform::draw(&augmentation, 7, "nih:00000001_000", 0)?);
    /// assert_ne!(first, Transform::draw(&augmentation, 7, "nih:00000001_000", 1)?);
    /// # Ok::<(), radiograph_image::ImageError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ImageError::Preprocess`] if a field is out of its range.
    pub fn draw(augmentation: &Augmentation, seed: u64, id: &str, copy: u64) -> Result<Self, ImageError> {
        let refuse = |field, remedy| Err(ImageError::Preprocess { field, remedy });
        if !(0.0..=180.0).contains(&augmentation.rotation) {
            return refuse("augmentation.rotation", "give 0 to 180 degrees");
        }
        if !(0.0..=1.0).contains(&augmentation.shift) {
            return refuse("augmentation.shift", "give a share of 0 to 1");
        }
        let mut stream = Stream::new(seed, id).numbered(copy);
        let degrees = stream.between(-augmentation.rotation, augmentation.rotation);
        let across = stream.between(-augmentation.shift, augmentation.shift);
        let down = stream.between(-augmentation.shift, augmentation.shift);
        let flipped = stream.chance(0.5) && augmentation.flip;
        Ok(Self { degrees, across, down, flipped })
    }

    /// The moved picture, of the same size: bilinear between pixels, the nearest edge pixel beyond them.
    pub fn apply(&self, picture: &Picture) -> Picture {
        let samples = match picture.samples() {
            Samples::Gray8(values) => Samples::Gray8(self.resample::<u8, 1>(values, picture)),
            Samples::Gray16(values) => Samples::Gray16(self.resample::<u16, 1>(values, picture)),
            Samples::Rgb8(values) => Samples::Rgb8(self.resample::<u8, 3>(values, picture)),
            Samples::Rgb16(values) => Samples::Rgb16(self.resample::<u16, 3>(values, picture)),
        };
        // As many samples as before.
        Picture::new(picture.width(), picture.height(), samples).unwrap_or_else(|| picture.clone())
    }

    fn resample<T: Sample, const CHANNELS: usize>(&self, values: &[T], picture: &Picture) -> Vec<T> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = values.as_chunks::<CHANNELS>().0;
        let (sine, cosine) = libm::sincos(self.degrees.to_radians());
        let middle = ((width - 1) as f64 / 2.0, (height - 1) as f64 / 2.0);
        let mut moved = Vec::with_capacity(values.len());
        for y in 0..height {
            for x in 0..width {
                // Where this pixel was before it moved and turned.
                let across = x as f64 - middle.0 - self.across * width as f64;
                let down = y as f64 - middle.1 - self.down * height as f64;
                let (mut from_x, from_y) = (cosine * across + sine * down, cosine * down - sine * across);
                if self.flipped {
                    from_x = -from_x;
                }
                let (left, right, right_share) = between(from_x + middle.0, width);
                let (above, below, below_share) = between(from_y + middle.1, height);
                moved.extend((0..CHANNELS).map(|channel| {
                    let at = |x: usize, y: usize| -> f64 { pixels[y * width + x][channel].into() };
                    let upper = at(left, above) + (at(right, above) - at(left, above)) * right_share;
                    let lower = at(left, below) + (at(right, below) - at(left, below)) * right_share;
                    T::of_whole((upper + (lower - upper) * below_share).round())
                }));
            }
        }
        moved
    }
}

/// The two pixels a coordinate lies between, and how far it is towards the second.
fn between(at: f64, side: usize) -> (usize, usize, f64) {
    let at = at.clamp(0.0, (side - 1) as f64);
    let first = at as usize;
    (first, (first + 1).min(side - 1), at - first as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Transform = Transform { degrees: 0.0, across: 0.0, down: 0.0, flipped: false };

    fn letter() -> Picture {
        Picture::new(3, 3, Samples::Gray8(vec![1, 2, 3, 4, 5, 6, 7, 8, 9])).unwrap()
    }

    fn moved(transform: &Transform) -> Vec<u8> {
        let Samples::Gray8(values) = transform.apply(&letter()).into_samples() else { panic!() };
        values
    }

    #[test]
    fn quarter_turns_shifts_and_flips() {
        assert_eq!(moved(&STILL), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(moved(&Transform { degrees: 90.0, ..STILL }), [7, 4, 1, 8, 5, 2, 9, 6, 3], "clockwise");
        assert_eq!(moved(&Transform { flipped: true, ..STILL }), [3, 2, 1, 6, 5, 4, 9, 8, 7]);
        assert_eq!(moved(&Transform { across: 1.0 / 3.0, ..STILL }), [1, 1, 2, 4, 4, 5, 7, 7, 8]);
        assert_eq!(moved(&Transform { down: 1.0 / 3.0, ..STILL }), [1, 2, 3, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn draws_stay_within_bounds_and_hearts_on_their_side() {
        let augmentation = Augmentation::default();
        let draws: Vec<Transform> =
            (0..500).map(|copy| Transform::draw(&augmentation, 1, "a:b", copy).unwrap()).collect();
        assert!(
            draws
                .iter()
                .all(|drawn| drawn.degrees.abs() <= 10.0 && drawn.across.abs() <= 0.05 && !drawn.flipped)
        );
        assert!(
            draws.iter().any(|drawn| drawn.degrees > 5.0) && draws.iter().any(|drawn| drawn.degrees < -5.0)
        );
        let flips = Augmentation { flip: true, ..augmentation };
        let flipped =
            (0..500).filter(|&copy| Transform::draw(&flips, 1, "a:b", copy).unwrap().flipped).count();
        assert!((150..350).contains(&flipped), "{flipped} of 500");
        assert_ne!(
            Transform::draw(&augmentation, 1, "a:b", 0).unwrap(),
            Transform::draw(&augmentation, 2, "a:b", 0).unwrap()
        );
        assert_ne!(
            Transform::draw(&augmentation, 1, "a:b", 0).unwrap(),
            Transform::draw(&augmentation, 1, "a:c", 0).unwrap()
        );
        assert!(Transform::draw(&Augmentation { rotation: -1.0, ..augmentation }, 1, "a:b", 0).is_err());
        assert!(Transform::draw(&Augmentation { shift: f64::NAN, ..augmentation }, 1, "a:b", 0).is_err());
    }
}
