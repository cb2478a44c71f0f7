//! Masks: marked places of an image, such as lungs, lesions or the border. Segmentation is not part of this crate.

use image::GrayImage;
use ndarray::Array2;

use crate::GradcamError;

/// Marked places of an image, `[H, W]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    marked: Array2<bool>,
}

impl Mask {
    /// A mask of these places.
    pub fn new(marked: Array2<bool>) -> Self {
        Self { marked }
    }

    /// The pixels of a mask image that are brighter than half.
    pub fn of_picture(picture: &GrayImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self::new(Array2::from_shape_fn((height, width), |(row, column)| {
            picture.get_pixel(column as u32, row as u32).0[0] > 127
        }))
    }

    /// The same places on another grid, by the nearest pixel, for masks that were drawn at another image size.
    ///
    /// # Errors
    ///
    /// [`GradcamError::Size`] if the proportions of the sides differ by more than a hundredth. The mask then belongs to
    /// another image, or to a crop of it.
    pub fn resized(&self, height: usize, width: usize) -> Result<Self, GradcamError> {
        let (own_height, own_width) = self.size();
        let (own, asked) = ((own_width * height) as f64, (width * own_height) as f64);
        if own == 0.0 || asked == 0.0 || (own / asked - 1.0).abs() > 0.01 {
            let (got_width, got_height) = (own_width, own_height);
            return Err(GradcamError::Size { what: "the mask", got_width, got_height, width, height });
        }
        Ok(Self::new(Array2::from_shape_fn((height, width), |(row, column)| {
            // The pixel under the centre of the new one, as `upsample` aligns maps.
            self.marked
                [[(2 * row + 1) * own_height / (2 * height), (2 * column + 1) * own_width / (2 * width)]]
        })))
    }

    /// A border on all sides, as wide as `share` of the shorter side. Collimator edges, letters and markers are there.
    ///
    /// # Errors
    ///
    /// If `share` is not between 0 and 0.5.
    pub fn border_ring(height: usize, width: usize, share: f64) -> Result<Self, GradcamError> {
        if !(share > 0.0 && share < 0.5) {
            return Err(GradcamError::Range {
                what: "the share of the border ring",
                got: share,
                range: "more than 0, less than 0.5",
            });
        }
        let ring = ((height.min(width) as f64 * share).round() as usize).max(1);
        let near = |place: usize, side: usize| place < ring || place + ring >= side;
        Ok(Self::new(Array2::from_shape_fn((height, width), |(row, column)| {
            near(row, height) || near(column, width)
        })))
    }

    /// The background around the body: dark pixels that are connected to the edge of the image through dark pixels.
    /// Dark means below half of Otsu's threshold, so dark lungs that touch the edge are mostly excluded. This is an
    /// estimate that is good enough for a share, and not a segmentation.
    pub fn outside_body(picture: &GrayImage) -> Self {
        let threshold = otsu(picture) / 2;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let dark = |row: usize, column: usize| picture.get_pixel(column as u32, row as u32).0[0] <= threshold;
        let mut marked = Array2::from_elem((height, width), false);
        let edge = |(row, column): &(usize, usize)| {
            *row == 0 || *column == 0 || row + 1 == height || column + 1 == width
        };
        let mut open: Vec<(usize, usize)> = ndarray::indices((height, width))
            .into_iter()
            .filter(edge)
            .filter(|place| dark(place.0, place.1))
            .collect();
        open.iter().for_each(|place| marked[*place] = true);
        while let Some((row, column)) = open.pop() {
            let neighbours = [
                (row.wrapping_sub(1), column),
                (row + 1, column),
                (row, column.wrapping_sub(1)),
                (row, column + 1),
            ];
            for (row, column) in neighbours {
                if row < height && column < width && !marked[[row, column]] && dark(row, column) {
                    marked[[row, column]] = true;
                    open.push((row, column));
                }
            }
        }
        Self::new(marked)
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        self.marked.dim()
    }

    /// Whether a place is marked.
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.marked.get([row, column]).copied().unwrap_or(false)
    }

    /// The share of all places that is marked, in [0, 1]. A map without any knowledge has this share of evidence here.
    pub fn share(&self) -> f64 {
        self.marked.iter().filter(|marked| **marked).count() as f64 / self.marked.len().max(1) as f64
    }

    /// The marked places, row by row.
    pub fn marked(&self) -> &Array2<bool> {
        &self.marked
    }
}

/// The gray level midway between the means of the two classes that split the histogram with the largest variance between
/// them (Otsu, 1979).
fn otsu(picture: &GrayImage) -> u8 {
    let mut histogram = [0_u64; 256];
    picture.pixels().for_each(|pixel| histogram[usize::from(pixel.0[0])] += 1);
    let count = histogram.iter().sum::<u64>() as f64;
    let total =
        histogram.iter().enumerate().map(|(level, pixels)| level as f64 * *pixels as f64).sum::<f64>();
    let (mut below, mut below_total, mut best) = (0.0, 0.0, (0.0, -1.0));
    for (level, pixels) in (0..=u8::MAX).zip(histogram) {
        below += pixels as f64;
        below_total += f64::from(level) * pixels as f64;
        let above = count - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let (dark, bright) = (below_total / below, (total - below_total) / above);
        let difference = bright - dark;
        let variance = below * above * difference * difference;
        if variance > best.1 {
            best = ((dark + bright) / 2.0, variance);
        }
    }
    best.0 as u8
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn another_size_is_the_same_mask_and_another_shape_is_none() {
        let left = Mask::new(Array2::from_shape_fn((40, 30), |(_, column)| column < 10));
        let small = left.resized(20, 15).unwrap();
        assert_eq!(small, Mask::new(Array2::from_shape_fn((20, 15), |(_, column)| column < 5)));
        // Rounded to whole pixels, sides keep their proportion to within a hundredth.
        assert!(left.resized(336, 252).is_ok() && left.resized(337, 252).is_ok());
        assert!(matches!(left.resized(30, 30), Err(GradcamError::Size { got_height: 40, height: 30, .. })));
        assert!(left.resized(0, 0).is_err());
        // The centres of two rows lie in rows 1 and 4 of six.
        let row = |marked: usize| Mask::new(Array2::from_shape_fn((6, 6), |(row, _)| row == marked));
        let kept = (0..6).map(|marked| row(marked).resized(2, 2).unwrap().share()).collect::<Vec<_>>();
        assert_eq!(kept, [0.0, 0.5, 0.0, 0.0, 0.5, 0.0]);
    }

    #[test]
    fn the_border_ring_has_the_width_asked_for() {
        let ring = Mask::border_ring(10, 20, 0.2).unwrap();
        // 2 of 10 rows and columns on each side: 200 - 6 · 16
        assert_eq!(ring.share(), 104.0 / 200.0);
        assert!(
            ring.contains(1, 10) && !ring.contains(2, 10) && ring.contains(5, 18) && !ring.contains(5, 17)
        );
        assert!(Mask::border_ring(10, 10, 0.5).is_err() && Mask::border_ring(10, 10, f64::NAN).is_err());
    }

    #[test]
    fn the_ground_around_a_body_is_outside_and_a_lung_is_not() {
        // A bright body with a dark lung inside, on a dark ground.
        let picture = GrayImage::from_fn(30, 30, |x, y| {
            let body = (5..25).contains(&x) && (5..30).contains(&y);
            let lung = (10..15).contains(&x) && (10..20).contains(&y);
            Luma([if body && !lung { 200 } else { 5 }])
        });
        let outside = Mask::outside_body(&picture);
        assert!(outside.contains(0, 0) && outside.contains(29, 2));
        assert!(!outside.contains(12, 12) && !outside.contains(20, 20));
        assert_eq!(outside.share(), (900.0 - 20.0 * 25.0) / 900.0);
    }
}
