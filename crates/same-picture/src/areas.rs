//! Averages over rectangles of a thumbnail, upright or a little turned.

use crate::cells::Cells;

/// A rectangle of a thumbnail, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A square of a thumbnail, in its pixels, turned clockwise about its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pose {
    /// Middle, from the left and from the top.
    pub(crate) across: f64,
    pub(crate) down: f64,
    pub(crate) side: f64,
    pub(crate) degrees: f64,
}

impl Pose {
    /// The square that is larger by this factor, about the same middle.
    pub(crate) fn grown(self, factor: f64) -> Self {
        Self { side: self.side * factor, ..self }
    }

    /// The square before it was turned.
    pub(crate) fn frame(&self) -> Frame {
        Frame {
            left: self.across - self.side / 2.0,
            top: self.down - self.side / 2.0,
            width: self.side,
            height: self.side,
        }
    }
}

/// Summed areas of a thumbnail: the mean over any rectangle in four look-ups.
#[derive(Clone, Debug)]
pub(crate) struct Areas {
    width: usize,
    height: usize,
    sums: Vec<f64>,
}

impl Areas {
    /// Of gray values, row by row; there is at least one row of at least one value.
    pub(crate) fn new(width: usize, values: &[u8]) -> Self {
        let height = values.len() / width;
        let stride = width + 1;
        let mut sums = vec![0.0; stride * (height + 1)];
        for (row, line) in values.chunks_exact(width).enumerate() {
            let mut along = 0.0;
            for (column, &value) in line.iter().enumerate() {
                along += f64::from(value);
                sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + along;
            }
        }
        Self { width, height, sums }
    }

    pub(crate) fn width(&self) -> f64 {
        self.width as f64
    }

    pub(crate) fn height(&self) -> f64 {
        self.height as f64
    }

    /// The shorter side.
    pub(crate) fn short(&self) -> f64 {
        self.width().min(self.height())
    }

    pub(crate) fn whole(&self) -> Frame {
        Frame { left: 0.0, top: 0.0, width: self.width(), height: self.height() }
    }

    pub(crate) fn centre_square(&self) -> Frame {
        self.centre(1.0).frame()
    }

    /// The square in the middle whose side is this share of the shorter side.
    pub(crate) fn centre(&self, share: f64) -> Pose {
        Pose {
            across: self.width() / 2.0,
            down: self.height() / 2.0,
            side: self.short() * share,
            degrees: 0.0,
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

    /// The turned square moved, and shrunk where it must be, so that its corners lie inside.
    pub(crate) fn moved_inside(&self, pose: Pose) -> Pose {
        let (sine, cosine) = libm::sincos(pose.degrees.to_radians());
        let spread = sine.abs() + cosine.abs();
        let side = pose.side.min(self.short() / spread);
        let half = side * spread / 2.0;
        Pose {
            across: pose.across.clamp(half, (self.width() - half).max(half)),
            down: pose.down.clamp(half, (self.height() - half).max(half)),
            side,
            ..pose
        }
    }

    /// The mean gray of every cell when the frame is cut into `SIDE × SIDE` of them, row by row into `cells`; pixels at
    /// the borders of cells count by the share that lies inside. The frame lies within the thumbnail.
    pub(crate) fn cells<const SIDE: usize>(&self, frame: &Frame, cells: &mut Cells<SIDE>) {
        let stride = self.width + 1;
        let step = |at: usize, start: f64, length: f64, limit: usize| {
            locate(start + length * at as f64 / SIDE as f64, limit)
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

    /// As [`cells`](Self::cells), of a turned square. Each cell is averaged over an upright square of its size about its
    /// middle, which differs little from a turned one at small angles.
    pub(crate) fn cells_of_pose<const SIDE: usize>(&self, pose: &Pose, cells: &mut Cells<SIDE>) {
        if pose.degrees == 0.0 {
            return self.cells(&pose.frame(), cells);
        }
        let (sine, cosine) = libm::sincos(pose.degrees.to_radians());
        let size = pose.side / SIDE as f64;
        let per_cell = 1.0 / (size * size);
        let offset = |at: usize| (at as f64 + 0.5) * size - pose.side / 2.0;
        let edge = |middle: f64, length: f64, limit: usize| {
            let start = (middle - size / 2.0).clamp(0.0, (length - size).max(0.0));
            (locate(start, limit), locate(start + size, limit))
        };
        for (row, line) in cells.iter_mut().enumerate() {
            let down = offset(row);
            for (column, cell) in line.iter_mut().enumerate() {
                let across = offset(column);
                let (left, right) =
                    edge(pose.across + across * cosine - down * sine, self.width(), self.width);
                let (top, bottom) =
                    edge(pose.down + across * sine + down * cosine, self.height(), self.height);
                let sum = self.sum_to(bottom, right) - self.sum_to(bottom, left) - self.sum_to(top, right)
                    + self.sum_to(top, left);
                *cell = (sum * per_cell) as f32;
            }
        }
    }

    /// The sum over the rectangle from the upper left corner to a place between pixels.
    fn sum_to(&self, (line, below): (usize, f64), (pixel, beyond): (usize, f64)) -> f64 {
        let at = line * (self.width + 1) + pixel;
        let (above, under) = (&self.sums[at..], &self.sums[at + self.width + 1..]);
        let first = above[0] + beyond * (above[1] - above[0]);
        let second = under[0] + beyond * (under[1] - under[0]);
        first + below * (second - first)
    }
}

/// The pixel in which a place lies, and how far it is towards the next one.
fn locate(position: f64, limit: usize) -> (usize, f64) {
    let position = position.clamp(0.0, limit as f64);
    let whole = (position as usize).min(limit - 1);
    (whole, position - whole as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grays() -> impl Strategy<Value = (usize, Vec<u8>)> {
        (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
            prop::collection::vec(any::<u8>(), width * height).prop_map(move |values| (width, values))
        })
    }

    /// Every pixel by the area of it that lies in the cell, summed one by one.
    fn mean_over(
        (columns, values): &(usize, Vec<u8>),
        (left, top): (f64, f64),
        (width, height): (f64, f64),
    ) -> f64 {
        let overlap = |pixel: usize, start: f64, length: f64| {
            let (from, to) = (start.max(pixel as f64), (start + length).min(pixel as f64 + 1.0));
            (to - from).max(0.0)
        };
        let weighted = values.iter().enumerate().map(|(at, &value)| {
            let (row, column) = (at / columns, at % columns);
            f64::from(value) * overlap(column, left, width) * overlap(row, top, height)
        });
        weighted.sum::<f64>() / (width * height)
    }

    proptest! {
        #[test]
        fn cells_are_the_means_over_their_areas(
            grays in grays(),
            (left, top) in (0.0..0.9, 0.0..0.9),
            (right, bottom) in (0.1..=1.0, 0.1..=1.0),
        ) {
            let areas = Areas::new(grays.0, &grays.1);
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
                    prop_assert!((f64::from(mean) - mean_over(&grays, corner, size)).abs() < 1e-3);
                }
            }
        }

        #[test]
        fn a_hardly_turned_square_has_the_cells_of_an_upright_one(grays in grays(), share in 0.2..0.9) {
            let areas = Areas::new(grays.0, &grays.1);
            let pose = areas.centre(share);
            let (mut upright, mut turned) = ([[0.0; 4]; 4], [[0.0; 4]; 4]);
            areas.cells_of_pose(&pose, &mut upright);
            areas.cells_of_pose(&Pose { degrees: 1e-6, ..pose }, &mut turned);
            for (one, other) in upright.as_flattened().iter().zip(turned.as_flattened()) {
                prop_assert!((one - other).abs() < 0.01);
            }
        }

        #[test]
        fn a_square_moved_inside_has_its_corners_inside(
            grays in grays(),
            (across, down, side) in (-5.0..20.0, -5.0..20.0, 0.1..30.0),
            degrees in -45.0..45.0_f64,
        ) {
            let areas = Areas::new(grays.0, &grays.1);
            let pose = areas.moved_inside(Pose { across, down, side, degrees });
            let (sine, cosine) = libm::sincos(pose.degrees.to_radians());
            for (x, y) in [(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)] {
                let corner = (
                    pose.across + pose.side * (x * cosine - y * sine),
                    pose.down + pose.side * (x * sine + y * cosine),
                );
                prop_assert!(corner.0 > -1e-9 && corner.0 < areas.width() + 1e-9, "{:?}", pose);
                prop_assert!(corner.1 > -1e-9 && corner.1 < areas.height() + 1e-9, "{:?}", pose);
            }
        }
    }
}
