//! Makes a small gray copy of an image: without flat margins, and with its contrast stretched.

use radiograph_image::{Picture, Samples, preprocess::resize};
use radiograph_input::Filter;

use crate::{Turn, Window, areas::Areas};

/// Pixels of the shorter side.
pub(crate) const SHORT_SIDE: u32 = 96;
/// Longer sides are squeezed to this: strips that no radiograph is as long as.
const LONGEST_SIDE: u32 = 4 * SHORT_SIDE;
/// Share of the pixels at either end of the gray values, markers and letters, that the contrast is stretched without.
const TAIL: f64 = 0.01;
/// Gray values that the ends are brought to. What lies beyond the ends has the rest.
const DARK: f64 = 25.0;
const LIGHT: f64 = 230.0;
/// Largest spread of gray values along a line of a margin, and from the margin's first line.
const FLAT: u8 = 8;
/// Smallest share of a side that is left when margins are cut off. A picture with less is kept whole.
const LEAST_LEFT: f64 = 0.4;

/// 8-bit gray, row by row; the proportions are the image's, the shorter side has [`SHORT_SIDE`] pixels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Thumbnail {
    width: usize,
    height: usize,
    values: Vec<u8>,
    blank: bool,
}

impl Thumbnail {
    /// The thumbnail of what lies within the margins, and where in the image that is.
    pub(crate) fn of_picture(gray: &Picture) -> (Self, Window) {
        let whole = Self::shrunk(gray);
        let margins = Margins::of(&whole);
        let pixels =
            |lines: usize, of: usize, side: u32| (lines as f64 / of as f64 * f64::from(side)).round() as u32;
        let (left, right) = (
            pixels(margins.left, whole.width, gray.width()),
            pixels(margins.right, whole.width, gray.width()),
        );
        let (top, bottom) = (
            pixels(margins.top, whole.height, gray.height()),
            pixels(margins.bottom, whole.height, gray.height()),
        );
        let inside = Some((gray.width() - left - right, gray.height() - top - bottom))
            .filter(|&size| size != (gray.width(), gray.height()) && !whole.blank)
            .and_then(|(width, height)| gray.crop(left, top, width, height));
        let Some(inside) = inside else {
            return (whole, Window { left: 0.0, top: 0.0, width: 1.0, height: 1.0 });
        };
        let share = |pixels: u32, of: u32| f64::from(pixels) / f64::from(of);
        let window = Window {
            left: share(left, gray.width()),
            top: share(top, gray.height()),
            width: share(inside.width(), gray.width()),
            height: share(inside.height(), gray.height()),
        };
        (Self::shrunk(&inside), window)
    }

    fn shrunk(gray: &Picture) -> Self {
        let short = f64::from(gray.width().min(gray.height()));
        let scale = f64::from(SHORT_SIDE) / short;
        let side = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(SHORT_SIDE, LONGEST_SIDE);
        let (width, height) = (side(gray.width()), side(gray.height()));
        let small = resize(gray, width, height, Filter::Bilinear)
            .unwrap_or_else(|| unreachable!("sides of {SHORT_SIDE} and more"));
        let levels: Vec<u16> = match small.into_gray().into_samples() {
            Samples::Gray8(values) | Samples::Rgb8(values) => values.into_iter().map(u16::from).collect(),
            Samples::Gray16(values) | Samples::Rgb16(values) => values,
        };
        let values = stretched(&levels);
        Self { width: width as usize, height: height as usize, values, blank: is_flat(&levels) }
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
        Self { width, height, values, blank: self.blank }
    }

    /// Whether there is next to nothing to be seen: gray values deviate by less than a step of the image's depth from
    /// their mean.
    pub(crate) fn is_blank(&self) -> bool {
        self.blank
    }

    pub(crate) fn areas(&self) -> Areas {
        Areas::new(self.width, &self.values)
    }

    fn row(&self, at: usize, margins: &Margins) -> impl Iterator<Item = u8> {
        let line = &self.values[at * self.width..][..self.width];
        line[margins.left..self.width - margins.right].iter().copied()
    }

    fn column(&self, at: usize, margins: &Margins) -> impl Iterator<Item = u8> {
        let rows = margins.top..self.height - margins.bottom;
        rows.map(move |row| self.values[row * self.width + at])
    }
}

fn is_flat(levels: &[u16]) -> bool {
    let count = levels.len() as f64;
    let mean = levels.iter().map(|&level| f64::from(level)).sum::<f64>() / count;
    levels.iter().map(|&level| (f64::from(level) - mean).powi(2)).sum::<f64>() < count
}

/// Gray values brought to 8 bits so that all but the tails of them lie between [`DARK`] and [`LIGHT`]: 10 bits in a 16-bit
/// file have as much contrast as 16.
fn stretched(levels: &[u16]) -> Vec<u8> {
    let mut sorted = levels.to_vec();
    let tail = (levels.len() as f64 * TAIL) as usize;
    let last = levels.len() - 1;
    let mut level = |at: usize| f64::from(*sorted.select_nth_unstable(at).1);
    let (mut low, mut high) = (level(tail), level(last - tail));
    if low == high {
        (low, high) = (level(0), level(last));
    }
    let scale = if high > low { (LIGHT - DARK) / (high - low) } else { 0.0 };
    let stretch = |&level: &u16| (DARK + (f64::from(level) - low) * scale).round().clamp(0.0, 255.0) as u8;
    levels.iter().map(stretch).collect()
}

/// Numbers of lines of one gray along the edges: frames, collimators, empty margins. What two pictures have in common there
/// says nothing about their films.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Margins {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Margins {
    fn of(thumbnail: &Thumbnail) -> Self {
        let (width, height) = (thumbnail.width, thumbnail.height);
        let mut margins = Self::default();
        let none = Self::default();
        let top = band(height, |at| thumbnail.row(at, &none));
        let bottom = band(height, |at| thumbnail.row(height - 1 - at, &none));
        if is_enough(top + bottom, height) {
            (margins.top, margins.bottom) = (top, bottom);
        }
        let left = band(width, |at| thumbnail.column(at, &margins));
        let right = band(width, |at| thumbnail.column(width - 1 - at, &margins));
        if is_enough(left + right, width) {
            (margins.left, margins.right) = (left, right);
        }
        if (margins.top, margins.bottom) == (0, 0) && margins != none {
            // Marks beside the picture hide margins above and below it.
            let top = band(height, |at| thumbnail.row(at, &margins));
            let bottom = band(height, |at| thumbnail.row(height - 1 - at, &margins));
            if is_enough(top + bottom, height) {
                (margins.top, margins.bottom) = (top, bottom);
            }
        }
        margins
    }
}

fn is_enough(cut: usize, of: usize) -> bool {
    (of.saturating_sub(cut)) as f64 >= LEAST_LEFT * of as f64
}

/// The number of lines in a margin, with the blurred one at its end.
fn band<I: Iterator<Item = u8>>(lines: usize, line: impl Fn(usize) -> I) -> usize {
    let mut first = None;
    let flat = (0..lines).take_while(|&at| {
        let (low, high) = line(at).fold((u8::MAX, 0), |(low, high), value| (low.min(value), high.max(value)));
        let first = *first.get_or_insert(low);
        high.saturating_sub(low) <= FLAT && low.abs_diff(first) <= FLAT
    });
    match flat.count() {
        0 => 0,
        flat => (flat + 1).min(lines),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thumbnails() -> impl Strategy<Value = Thumbnail> {
        (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
            let values = prop::collection::vec(any::<u8>(), width * height);
            values.prop_map(move |values| Thumbnail { width, height, values, blank: false })
        })
    }

    proptest! {
        #[test]
        fn every_turn_is_undone_by_its_inverse(thumbnail in thumbnails()) {
            for turn in Turn::ALL {
                prop_assert_eq!(&thumbnail.turned(turn).turned(turn.inverse()), &thumbnail);
            }
        }

        #[test]
        fn contrast_is_relative(levels in prop::collection::vec(0_u16..1024, 400), brighter in 0_u16..1000) {
            let shifted: Vec<u16> = levels.iter().map(|level| level * 32 + brighter).collect();
            prop_assert_eq!(stretched(&levels), stretched(&shifted));
        }
    }

    /// Wavy gray values within a margin of one gray.
    fn framed(width: u32, height: u32, margins: [u32; 4]) -> Picture {
        let [left, top, right, bottom] = margins;
        let inside = |x: u32, y: u32| x >= left && x < width - right && y >= top && y < height - bottom;
        let value = |x: u32, y: u32| if inside(x, y) { (x * 7 + y * 13 + x * y / 9) % 200 } else { 250 };
        let values = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y) as u8)).collect();
        Picture::new(width, height, Samples::Gray8(values)).unwrap()
    }

    #[test]
    fn margins_are_cut_off_and_counted() {
        let (_, window) = Thumbnail::of_picture(&framed(320, 256, [32, 16, 0, 48]));
        for (share, pixels, of) in [
            (window.left, 32.0, 320.0),
            (window.top, 16.0, 256.0),
            (window.width, 288.0, 320.0),
            (window.height, 192.0, 256.0),
        ] {
            // To within the blurred line of the thumbnail, at both ends.
            assert!((share * of - pixels).abs() <= 10.0, "{window:?}");
        }
        let (_, window) = Thumbnail::of_picture(&framed(320, 256, [0; 4]));
        assert_eq!((window.left, window.top, window.width, window.height), (0.0, 0.0, 1.0, 1.0));
        // What is left would be a scrap.
        let (_, window) = Thumbnail::of_picture(&framed(320, 256, [120, 110, 120, 110]));
        assert_eq!((window.width, window.height), (1.0, 1.0));
    }

    #[test]
    fn ten_bits_in_sixteen_are_not_blank() {
        let values = (0..64 * 64).map(|at| at % 64 * 16).collect();
        let (thumbnail, _) = Thumbnail::of_picture(&Picture::new(64, 64, Samples::Gray16(values)).unwrap());
        assert!(!thumbnail.is_blank());
        assert!(thumbnail.values.iter().max() > Some(&220), "{:?}", thumbnail.values);
        let values = (0..64 * 64).map(|at| 500 + at % 2).collect();
        assert!(Thumbnail::of_picture(&Picture::new(64, 64, Samples::Gray16(values)).unwrap()).0.is_blank());
    }
}
