//! Resizes pictures with the filters of Pillow and Keras, to the same pixels.
//!
//! Bilinear, bicubic and Lanczos are Pillow's: the filter widens with the factor when shrinking, which removes what
//! the smaller image cannot show (`fast_image_resize` computes them with SIMD in Pillow's fixed point). Nearest is
//! that of Keras' `load_img`, which is Pillow's too: the pixel under the centre of each new one, the centres summed
//! up step by step in f64, so that where one falls on a border the rounding of the sum decides.

use fast_image_resize::{
    FilterType, PixelTrait, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
    pixels::{U8, U8x3, U16, U16x3},
};
use radiograph_input::{Filter, Fit};

use crate::{Picture, Samples};

/// Resizes to `width × height`, at the depth of the picture; `None` if a side is 0.
///
/// ```
/// use radiograph_image::{Picture, Samples, preprocess::resize};
/// use radiograph_input::Filter;
///
/// let picture = Picture::new(4, 1, Samples::Gray8(vec![0, 100, 100, 200])).expect("four pixels");
/// let small = resize(&picture, 2, 1, Filter::Nearest).expect("sides above 0");
/// assert_eq!(small.samples(), &Samples::Gray8(vec![100, 200]));
/// ```
pub fn resize(picture: &Picture, width: u32, height: u32, filter: Filter) -> Option<Picture> {
    if (picture.width(), picture.height()) == (width, height) {
        return Some(picture.clone());
    }
    let samples = match filter {
        Filter::Nearest => nearest(picture, width, height),
        Filter::Bilinear => convolve(picture, width, height, FilterType::Bilinear)?,
        Filter::Bicubic => convolve(picture, width, height, FilterType::CatmullRom)?,
        Filter::Lanczos => convolve(picture, width, height, FilterType::Lanczos3)?,
    };
    Picture::new(width, height, samples)
}

/// A square of `size × size`.
pub(crate) fn to_square(picture: Picture, size: u32, fit: Fit, filter: Filter) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let fitted = match fit {
        _ if width == height => resize(&picture, size, size, filter),
        Fit::Stretch => resize(&picture, size, size, filter),
        Fit::CentreCrop => {
            let side = width.min(height);
            let square = picture.crop((width - side) / 2, (height - side) / 2, side, side);
            square.and_then(|square| resize(&square, size, size, filter))
        }
        Fit::Pad => {
            let longer = f64::from(width.max(height));
            let side =
                |side: u32| ((f64::from(side) * f64::from(size) / longer).round() as u32).clamp(1, size);
            resize(&picture, side(width), side(height), filter).and_then(|small| pad(small, size))
        }
    };
    // Checked sizes are above 0, and so are the sides of every picture.
    fitted.unwrap_or(picture)
}

fn nearest(picture: &Picture, width: u32, height: u32) -> Samples {
    let columns = nearest_pixels(picture.width(), width);
    let rows = nearest_pixels(picture.height(), height);
    let row = picture.width() as usize;
    match picture.samples() {
        Samples::Gray8(values) => Samples::Gray8(pick::<u8, 1>(values, row, &rows, &columns)),
        Samples::Gray16(values) => Samples::Gray16(pick::<u16, 1>(values, row, &rows, &columns)),
        Samples::Rgb8(values) => Samples::Rgb8(pick::<u8, 3>(values, row, &rows, &columns)),
        Samples::Rgb16(values) => Samples::Rgb16(pick::<u16, 3>(values, row, &rows, &columns)),
    }
}

fn nearest_pixels(from: u32, to: u32) -> Vec<usize> {
    let step = f64::from(from) / f64::from(to);
    let mut centre = step * 0.5;
    let mut pixels = Vec::with_capacity(to as usize);
    for _ in 0..to {
        pixels.push((centre as usize).min(from as usize - 1));
        centre += step; // summed, not multiplied: see the head of this file
    }
    pixels
}

fn pick<T: Copy, const CHANNELS: usize>(
    values: &[T],
    row: usize,
    rows: &[usize],
    columns: &[usize],
) -> Vec<T> {
    let pixels = values.as_chunks::<CHANNELS>().0;
    rows.iter().flat_map(|y| columns.iter().flat_map(move |x| pixels[y * row + x])).collect()
}

fn convolve(picture: &Picture, width: u32, height: u32, filter: FilterType) -> Option<Samples> {
    let (from, to) = ((picture.width(), picture.height()), (width, height));
    let words = |bytes: Vec<u8>| bytes.as_chunks().0.iter().map(|&pair| u16::from_ne_bytes(pair)).collect();
    let of_words = |values| bytemuck::cast_slice::<u16, u8>(values);
    // By pixel type: the library's function for any type compiles all of its thirteen types into this crate, which took
    // most of the crate's build.
    Some(match picture.samples() {
        Samples::Gray8(values) => Samples::Gray8(both_ways::<U8>(values, from, to, PixelType::U8, filter)?),
        Samples::Rgb8(values) => Samples::Rgb8(both_ways::<U8x3>(values, from, to, PixelType::U8x3, filter)?),
        Samples::Gray16(values) => {
            Samples::Gray16(words(both_ways::<U16>(of_words(values), from, to, PixelType::U16, filter)?))
        }
        Samples::Rgb16(values) => {
            Samples::Rgb16(words(both_ways::<U16x3>(of_words(values), from, to, PixelType::U16x3, filter)?))
        }
    })
}

/// Convolves rows, then columns. Pillow does so and rounds in between; the library would begin with the columns of 8-bit
/// samples, which rounds every sixth pixel of a radiograph to the neighbouring level.
fn both_ways<P: PixelTrait>(
    bytes: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    kind: PixelType,
    filter: FilterType,
) -> Option<Vec<u8>> {
    if from.0 == to.0 || from.1 == to.1 {
        return pass::<P>(bytes, from, to, kind, filter);
    }
    let rows = (to.0, from.1);
    pass::<P>(&pass::<P>(bytes, from, rows, kind, filter)?, rows, to, kind, filter)
}

/// Convolves `bytes` of a picture of one width and height into one of another.
fn pass<P: PixelTrait>(
    bytes: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    kind: PixelType,
    filter: FilterType,
) -> Option<Vec<u8>> {
    let from = ImageRef::new(from.0, from.1, bytes, kind).ok()?;
    let mut result = Image::new(to.0, to.1, kind);
    // No alpha is left in a picture, so nothing needs multiplying by it.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    let mut view = result.typed_image_mut::<P>()?;
    Resizer::new().resize_typed(&from.typed_image::<P>()?, &mut view, &options).ok()?;
    Some(result.into_vec())
}

/// Black on both sides of the shorter side; an odd pixel goes right or below.
fn pad(picture: Picture, size: u32) -> Option<Picture> {
    let (left, top) = ((size - picture.width()) / 2, (size - picture.height()) / 2);
    let place = Place {
        size: size as usize,
        left: left as usize,
        top: top as usize,
        width: picture.width() as usize,
    };
    let samples = match picture.into_samples() {
        Samples::Gray8(values) => Samples::Gray8(place.on_black(&values, 1)),
        Samples::Gray16(values) => Samples::Gray16(place.on_black(&values, 1)),
        Samples::Rgb8(values) => Samples::Rgb8(place.on_black(&values, 3)),
        Samples::Rgb16(values) => Samples::Rgb16(place.on_black(&values, 3)),
    };
    Picture::new(size, size, samples)
}

/// Where a smaller picture lies on a square one.
struct Place {
    size: usize,
    left: usize,
    top: usize,
    width: usize,
}

impl Place {
    fn on_black<T: Copy + Default>(&self, values: &[T], channels: usize) -> Vec<T> {
        let mut square = vec![T::default(); self.size * self.size * channels];
        for (row, line) in values.chunks_exact(self.width * channels).enumerate() {
            let start = ((self.top + row) * self.size + self.left) * channels;
            square[start..start + line.len()].copy_from_slice(line);
        }
        square
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(width: u32, height: u32) -> Picture {
        let samples = (0..width * height).map(|value| (value * 7 % 251) as u8).collect();
        Picture::new(width, height, Samples::Gray8(samples)).unwrap()
    }

    #[test]
    fn every_fit_gives_a_square() {
        for (width, height) in [(30, 20), (20, 30), (1, 500), (500, 1), (7, 7)] {
            for fit in [Fit::Stretch, Fit::Pad, Fit::CentreCrop] {
                for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
                    let square = to_square(gray(width, height), 16, fit, filter);
                    assert_eq!(
                        (square.width(), square.height()),
                        (16, 16),
                        "{width} × {height} {fit:?} {filter:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn padding_is_black_and_centred() {
        let picture = Picture::new(4, 2, Samples::Rgb8(vec![200; 24])).unwrap();
        let Samples::Rgb8(values) = to_square(picture, 4, Fit::Pad, Filter::Bilinear).into_samples() else {
            panic!()
        };
        let rows: Vec<bool> =
            values.chunks_exact(12).map(|row| row.iter().all(|&value| value == 200)).collect();
        assert_eq!(rows, [false, true, true, false]);
        assert!(values[..12].iter().all(|&value| value == 0));
    }

    #[test]
    fn constant_pictures_stay_constant_at_every_depth() {
        let words = Picture::new(9, 5, Samples::Gray16(vec![40_000; 45])).unwrap();
        for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            let small = resize(&words, 4, 3, filter).unwrap();
            assert_eq!(small.samples(), &Samples::Gray16(vec![40_000; 12]), "{filter:?}");
        }
        assert!(resize(&words, 0, 3, Filter::Bilinear).is_none());
        assert!(resize(&words, 0, 3, Filter::Nearest).is_none());
    }
}
