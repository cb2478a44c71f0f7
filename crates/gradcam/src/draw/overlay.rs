//! Stretches a map to the size of its image and blends it over the image.

use image::{Rgb, RgbImage};
use ndarray::Array2;

use super::ColourMap;

/// The map, stretched to `height` × `width` by bilinear interpolation between cell centres, like `align_corners=False`
/// in PyTorch. A cell of the feature map then covers the same part of the image as it did for the network. Beyond the
/// outermost centres, values are those of the nearest cell.
pub fn upsample(map: &Array2<f64>, height: usize, width: usize) -> Array2<f64> {
    let (rows, columns) = map.dim();
    let vertical: Vec<_> = (0..height).map(|row| between(row, height, rows)).collect();
    let horizontal: Vec<_> = (0..width).map(|column| between(column, width, columns)).collect();
    Array2::from_shape_fn((height, width), |(row, column)| {
        let ((top, bottom, down), (left, right, along)) = (vertical[row], horizontal[column]);
        let mix = |low: f64, high: f64, share: f64| low + (high - low) * share;
        mix(
            mix(map[[top, left]], map[[top, right]], along),
            mix(map[[bottom, left]], map[[bottom, right]], along),
            down,
        )
    })
}

/// The two cells around a pixel, and the pixel's distance from the first one.
fn between(pixel: usize, pixels: usize, cells: usize) -> (usize, usize, f64) {
    let place = ((pixel as f64 + 0.5) * cells as f64 / pixels as f64 - 0.5).clamp(0.0, (cells - 1) as f64);
    let first = place.floor() as usize;
    (first, (first + 1).min(cells - 1), place - first as f64)
}

/// Evidence in [0, 1] (see [`Evidence`](crate::Evidence)) as a coloured picture of this size.
pub fn heat_map_picture(evidence: &Array2<f64>, width: u32, height: u32, colours: ColourMap) -> RgbImage {
    let large = upsample(evidence, height as usize, width as usize);
    RgbImage::from_fn(width, height, |x, y| Rgb(colours.colour(large[[y as usize, x as usize]])))
}

/// The picture with the coloured evidence over it. `opacity` 0 shows only the picture, 1 only the colours.
pub fn superimpose(picture: &RgbImage, evidence: &Array2<f64>, colours: ColourMap, opacity: f64) -> RgbImage {
    let opacity = opacity.clamp(0.0, 1.0);
    let mut heat = heat_map_picture(evidence, picture.width(), picture.height(), colours);
    for (heat, picture) in heat.pixels_mut().zip(picture.pixels()) {
        for (heat, picture) in heat.0.iter_mut().zip(picture.0) {
            *heat = (f64::from(*heat) * opacity + f64::from(picture) * (1.0 - opacity)).round() as u8;
        }
    }
    heat
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// `torch.nn.functional.interpolate(…, size=(2, 4), mode="bilinear", align_corners=False)` of [[0, 1], [2, 4]].
    #[test]
    fn stretching_is_pytorchs() {
        let expected = array![[0.0, 0.25, 0.75, 1.0], [2.0, 2.5, 3.5, 4.0]];
        assert_eq!(upsample(&array![[0.0, 1.0], [2.0, 4.0]], 2, 4), expected);
    }

    #[test]
    fn opacity_goes_from_the_picture_to_the_colours() {
        let picture = RgbImage::from_pixel(4, 3, Rgb([10, 20, 30]));
        let evidence = array![[1.0]];
        assert_eq!(superimpose(&picture, &evidence, ColourMap::Jet, 0.0), picture);
        let colours = heat_map_picture(&evidence, 4, 3, ColourMap::Jet);
        assert_eq!(superimpose(&picture, &evidence, ColourMap::Jet, 1.0), colours);
    }
}
