//! Makes a small gray copy of an image, and averages over any rectangle of it.

use radiograph_image::{Picture, Samples, preprocess::resize};
use radiograph_input::Filter;

use crate::Turn;

/// Pixels of the shorter side.
pub(crate) const SHORT_SIDE: u32 = 64;
/// Longer sides are squeezed to this: strips that no radiograph is as long as.
const LONGEST_SIDE: u32 = 4 * SHORT_SIDE;

/// 8-bit gray, row by row; the proportions are the image's, the shorter side has [`SHORT_SIDE`] pixels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Thumbnail {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Thumbnail {
    pub(crate) fn of_picture(gray: &Picture) -> Self {
        let short = f64::from(gray.width().min(gray.height()));
        let scale = f64::from(SHORT_SIDE) / short;
        let side = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(SHORT_SIDE, LONGEST_SIDE);
        let (width, height) = (side(gray.width()), side(gray.height()));
        let small = resize(gray, width, height, Filter::Bilinear)
            .unwrap_or_else(|| unreachable!("sides of {SHORT_SIDE} and more"));
        let Samples::Gray8(values) = small.into_8_bit().into_gray().into_samples() else {
            unreachable!("gray and 8 bits were asked for")
        };
        Self { width: width as usize, height: height as usize, values }
    }

    pub(crate) fn turned(&self, turn: Turn) -> Self {
        let (width, height) =
            if turn.exchanges_sides() { (self.height, self.width) } else { (self.width, self.height) };
        let (across, down) = turn.reverses();
        let mut values = Vec::with_capacity(self.values.len());
        for row in 0..height {
            for column in 0..width {
                let column = if across { width - 1 - column } else { column };
                let row = if down { height - 1 - row } else { row };
                let (row, column) = if turn.exchanges_sides() { (column, row) } else { (row, column) };
                values.push(self.values[row * self.width + column]);
            }
        }
        Self { width, height, values }
    }

    /// Whether there is next to nothing to be seen: gray values deviate by less than a step from their mean.
    pub(crate) fn is_blank(&self) -> bool {
        let count = self.values.len() as f64;
        let mean = self.values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let squares = self.values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>();
        squares < count
    }

    pub(crate) fn areas(&self) -> Areas {
        let stride = self.width + 1;
        let mut sums = vec![0.0; stride * (self.height + 1)];
        for (row, line) in self.values.chunks_exact(self.width).enumerate() {
            let mut along = 0.0;
            for (column, &value) in line.iter().enumerate() {
                along += f64::from(value);
                sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + along;
            }
        }
        Areas { width: self.width, height: self.height, sums }
    }
}

/// A rectangle of a thumbnail, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Summed areas of a thumbnail: the mean over any rectangle in four look-ups.
#[derive(Clone, Debug)]
pub(crate) struct Areas {
    width: usize,
    height: usize,
    sums: Vec<f64>,
}

impl Areas {
    pub(crate) fn width(&self) -> f64 {
        self.width as f64
    }

    pub(crate) fn height(&self) -> f64 {
        self.height as f64
    }

    pub(crate) fn whole(&self) -> Frame {
        Frame { left: 0.0, top: 0.0, width: self.width(), height: self.height() }
    }

    pub(crate) fn centre_square(&self) -> Frame {
        let side = self.width().min(self.height());
        Frame {
            left: (self.width() - side) / 2.0,
            top: (self.height() - side) / 2.0,
            width: side,
            height: side,
        }
    }

    /// The frame moved, and shrunk where it must be, so that it lies inside.
    pub(crate) fn pushed_inside(&self, frame: Frame) -> Frame {
        let shrink = (self.width() / frame.width).min(self.height() / frame.height).min(1.0);
        let (width, height) = (frame.width * shrink, frame.height * shrink);
        Frame {
            left: frame.left.clamp(0.0, (self.width() - width).max(0.0)),
            top: frame.top.clamp(0.0, (self.height() - height).max(0.0)),
            width,
            height,
        }
    }

    /// The mean gray of every cell when the frame is cut into `SIDE × SIDE` of them, row by row into `cells`; pixels at
    /// the borders of cells count by the share that lies inside. The frame lies within the thumbnail.
    pub(crate) fn cells<const SIDE: usize>(&self, frame: &Frame, cells: &mut [[f32; SIDE]; SIDE]) {
        let stride = self.width + 1;
        let step = |at: usize, start: f64, length: f64, limit: usize| {
            let position = (start + length * at as f64 / SIDE as f64).clamp(0.0, limit as f64);
            let whole = (position as usize).min(limit - 1);
            (whole, position - whole as f64)
        };
        let mut upper = [0.0; SIDE];
        let per_cell = (SIDE * SIDE) as f64 / (frame.width * frame.height);
        for row in 0..=SIDE {
            let (line, below) = step(row, frame.top, frame.height, self.height);
            let (above, under) = (&self.sums[line * stride..], &self.sums[(line + 1) * stride..]);
            let sum_to = |column: usize| {
                let (pixel, beyond) = step(column, frame.left, frame.width, self.width);
                let at = |sums: &[f64]| sums[pixel] + beyond * (sums[pixel + 1] - sums[pixel]);
                let (first, second) = (at(above), at(under));
                first + below * (second - first)
            };
            let mut before = sum_to(0);
            for column in 0..SIDE {
                let to = sum_to(column + 1);
                let band = to - before;
                before = to;
                if row > 0 {
                    cells[row - 1][column] = ((band - upper[column]) * per_cell) as f32;
                }
                upper[column] = band;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thumbnails() -> impl Strategy<Value = Thumbnail> {
        (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
            let values = prop::collection::vec(any::<u8>(), width * height);
            values.prop_map(move |values| Thumbnail { width, height, values })
        })
    }

    /// Every pixel by the area of it that lies in the cell, summed one by one.
    fn mean_over(thumbnail: &Thumbnail, (left, top): (f64, f64), (width, height): (f64, f64)) -> f64 {
        let overlap = |pixel: usize, start: f64, length: f64| {
            let (from, to) = (start.max(pixel as f64), (start + length).min(pixel as f64 + 1.0));
            (to - from).max(0.0)
        };
        let weighted = thumbnail.values.iter().enumerate().map(|(at, &value)| {
            let (row, column) = (at / thumbnail.width, at % thumbnail.width);
            f64::from(value) * overlap(column, left, width) * overlap(row, top, height)
        });
        weighted.sum::<f64>() / (width * height)
    }

    proptest! {
        #[test]
        fn cells_are_the_means_over_their_areas(
            thumbnail in thumbnails(),
            (left, top) in (0.0..0.9, 0.0..0.9),
            (right, bottom) in (0.1..=1.0, 0.1..=1.0),
        ) {
            let areas = thumbnail.areas();
            let frame = Frame {
                left: left * areas.width(),
                top: top * areas.height(),
                width: (1.0 - left) * right * areas.width(),
                height: (1.0 - top) * bottom * areas.height(),
            };
            let mut cells = [[0.0; 3]; 3];
            areas.cells(&frame, &mut cells);
            let size = (frame.width / 3.0, frame.height / 3.0);
            for (row, line) in cells.iter().enumerate() {
                for (column, &mean) in line.iter().enumerate() {
                    let corner = (frame.left + column as f64 * size.0, frame.top + row as f64 * size.1);
                    prop_assert!((f64::from(mean) - mean_over(&thumbnail, corner, size)).abs() < 1e-3);
                }
            }
        }

        #[test]
        fn every_turn_is_undone_by_its_inverse(thumbnail in thumbnails()) {
            for turn in Turn::ALL {
                prop_assert_eq!(&thumbnail.turned(turn).turned(turn.inverse()), &thumbnail);
            }
        }
    }
}
