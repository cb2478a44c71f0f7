//! A plane of numbers over the detector, with the operations that anatomy is drawn with.

/// The square part of the world that a film shows, x to the right as seen, y down, in centimetres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Pixels a side.
    pub(crate) side: usize,
    /// Centimetres a side.
    pub(crate) extent: f32,
    /// What lies in the middle.
    pub(crate) centre: Point,
}

impl Frame {
    /// The edge that x or y begins with.
    pub(crate) fn start(&self) -> Point {
        (self.centre.0 - self.extent / 2.0, self.centre.1 - self.extent / 2.0)
    }

    /// Centimetres a pixel.
    pub(crate) fn step(&self) -> f32 {
        self.extent / self.side as f32
    }
}

/// A plane of numbers over a frame.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    frame: Frame,
    values: Vec<f32>,
}

/// A point in centimetres.
pub(crate) type Point = (f32, f32);

impl Plane {
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame, values: vec![0.0; frame.side * frame.side] }
    }

    /// A plane of what a function gives at each point.
    pub(crate) fn of(frame: Frame, mut at: impl FnMut(f32, f32) -> f32) -> Self {
        let mut plane = Self::new(frame);
        plane.update(|x, y, _| at(x, y));
        plane
    }

    pub(crate) fn frame(&self) -> Frame {
        self.frame
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Replaces each value by a function of its point and itself.
    pub(crate) fn update(&mut self, mut change: impl FnMut(f32, f32, f32) -> f32) {
        let (frame, step, (left, top)) = (self.frame, self.frame.step(), self.frame.start());
        for (row, line) in self.values.chunks_exact_mut(frame.side).enumerate() {
            let y = (row as f32 + 0.5) * step + top;
            for (column, value) in line.iter_mut().enumerate() {
                *value = change((column as f32 + 0.5) * step + left, y, *value);
            }
        }
    }

    /// Combines with another plane, value by value.
    pub(crate) fn combine(&mut self, other: &Self, mut with: impl FnMut(f32, f32) -> f32) {
        for (value, other) in self.values.iter_mut().zip(&other.values) {
            *value = with(*value, *other);
        }
    }

    /// Adds what `profile(distance, share)` gives within `reach` of a line through points: the distance to it in
    /// centimetres, and how far along it (0 to 1) the nearest point lies. Each pixel takes its nearest part alone,
    /// so bends and joints are not counted twice.
    pub(crate) fn add_along(&mut self, line: &[Point], reach: f32, profile: impl Fn(f32, f32) -> f32) {
        let Some(bounds) = self.bounds(line, reach) else { return };
        let (width, height) = (bounds.right - bounds.left, bounds.bottom - bounds.top);
        let mut nearest = vec![(f32::INFINITY, 0.0_f32); width * height];
        let last = (line.len() - 1).max(1) as f32;
        for (index, pair) in line.windows(2).enumerate() {
            let Some(part) = self.bounds(pair, reach) else { continue };
            for row in part.top..part.bottom {
                for column in part.left..part.right {
                    let (squared, share) = to_segment(self.point(column, row), pair[0], pair[1]);
                    let best = &mut nearest[(row - bounds.top) * width + column - bounds.left];
                    if squared < best.0 {
                        *best = (squared, (index as f32 + share) / last);
                    }
                }
            }
        }
        for row in 0..height {
            for column in 0..width {
                let (squared, share) = nearest[row * width + column];
                if squared < reach * reach {
                    let place = (row + bounds.top) * self.frame.side + column + bounds.left;
                    self.values[place] += profile(squared.sqrt(), share);
                }
            }
        }
    }

    /// Blurs to about a normal curve of this deviation in centimetres: three box means, down and across.
    pub(crate) fn blur(&mut self, deviation: f32) {
        // Three boxes of width w have the variance (w² − 1) / 4.
        let pixels = deviation / self.frame.step();
        let reach = (((4.0 * pixels * pixels + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
        if reach == 0 {
            return;
        }
        for _ in 0..3 {
            for line in self.values.chunks_exact_mut(self.frame.side) {
                box_mean(line, reach);
            }
            self.transpose();
            for line in self.values.chunks_exact_mut(self.frame.side) {
                box_mean(line, reach);
            }
            self.transpose();
        }
    }

    fn transpose(&mut self) {
        for row in 0..self.frame.side {
            for column in row + 1..self.frame.side {
                self.values.swap(row * self.frame.side + column, column * self.frame.side + row);
            }
        }
    }

    fn point(&self, column: usize, row: usize) -> Point {
        let ((left, top), step) = (self.frame.start(), self.frame.step());
        ((column as f32 + 0.5) * step + left, (row as f32 + 0.5) * step + top)
    }

    /// The pixels within reach of a line; `None` if all of them lie beyond the plane.
    fn bounds(&self, line: &[Point], reach: f32) -> Option<Bounds> {
        let ((left, top), step) = (self.frame.start(), self.frame.step());
        let index = |at: f32| (at / step).clamp(0.0, self.frame.side as f32) as usize;
        let low = |of: fn(&Point) -> f32| line.iter().map(of).fold(f32::INFINITY, f32::min) - reach;
        let high = |of: fn(&Point) -> f32| line.iter().map(of).fold(f32::NEG_INFINITY, f32::max) + reach;
        let bounds = Bounds {
            left: index(low(|point| point.0) - left),
            right: (index(high(|point| point.0) - left) + 1).min(self.frame.side),
            top: index(low(|point| point.1) - top),
            bottom: (index(high(|point| point.1) - top) + 1).min(self.frame.side),
        };
        (bounds.left < bounds.right && bounds.top < bounds.bottom).then_some(bounds)
    }
}

struct Bounds {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

/// Squared distance to a segment, and how far along it the nearest point lies.
fn to_segment((x, y): Point, from: Point, to: Point) -> (f32, f32) {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let length = along_x * along_x + along_y * along_y;
    let share = if length > 0.0 { ((x - from.0) * along_x + (y - from.1) * along_y) / length } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    let (off_x, off_y) = (x - from.0 - share * along_x, y - from.1 - share * along_y);
    (off_x * off_x + off_y * off_y, share)
}

/// Running mean over `2 · reach + 1` values, the ends repeated.
fn box_mean(line: &mut [f32], reach: usize) {
    let original = line.to_vec();
    let last = original.len() - 1;
    let at = |index: isize| f64::from(original[index.clamp(0, last.cast_signed()).cast_unsigned()]);
    let reach = reach.cast_signed();
    let mut sum: f64 = (-reach..=reach).map(at).sum();
    let share = 1.0 / (2 * reach + 1) as f64;
    for (index, value) in line.iter_mut().enumerate() {
        *value = (sum * share) as f32;
        let index = index.cast_signed();
        sum += at(index + reach + 1) - at(index - reach);
    }
}

/// 0 below `from`, 1 above `to`, smooth between; `from` may be the greater.
pub(crate) fn smooth_step(from: f32, to: f32, value: f32) -> f32 {
    let share = ((value - from) / (to - from)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// Length of a ray through a round rod of this radius at a distance from its axis.
pub(crate) fn chord(distance: f32, radius: f32) -> f32 {
    2.0 * (radius * radius - distance * distance).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(side: usize) -> Frame {
        Frame { side, extent: 43.0, centre: (0.0, 0.0) }
    }

    #[test]
    fn lines_are_drawn_once_and_stay_inside() {
        let mut plane = Plane::new(frame(43));
        plane.add_along(&[(-5.0, 0.0), (0.0, 0.0), (5.0, 0.0)], 0.8, |_, _| 1.0);
        assert!(plane.values().iter().all(|value| [0.0, 1.0].contains(value)), "joints count once");
        assert_eq!(plane.values()[21 * 43 + 21], 1.0);
        plane.add_along(&[(400.0, 400.0), (500.0, 900.0)], 1.0, |_, _| 9.0);
        assert!(plane.values().iter().all(|&value| value <= 1.0));
    }

    #[test]
    fn blurring_keeps_the_sum_of_a_middle_spot() {
        let mut plane = Plane::new(frame(65));
        plane.values_mut()[32 * 65 + 32] = 100.0;
        plane.blur(2.0);
        let sum: f32 = plane.values().iter().sum();
        assert!((sum - 100.0).abs() < 0.01, "{sum}");
        assert!(plane.values()[32 * 65 + 32] < 5.0);
    }
}
