//! Enhances local contrast: contrast-limited adaptive histogram equalisation (CLAHE).
//!
//! K. Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV, 1994, with the clipping,
//! redistribution and interpolation of OpenCV (`modules/imgproc/src/clahe.cpp`), whose results it reproduces.

use serde::{Deserialize, Serialize};

use super::sample::Sample;
use crate::{Picture, Samples};

/// Local contrast by CLAHE.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clahe {
    /// How steep a tile's curve may be, as a multiple of a flat histogram's; above 0.
    pub clip_limit: f64,
    /// Tiles a side, 1 to 16: each keeps a curve of all levels, 256 KiB with 16 bits.
    pub tiles: u32,
}

impl Default for Clahe {
    /// Clip limit 2, 8 × 8 tiles.
    fn default() -> Self {
        Self { clip_limit: 2.0, tiles: 8 }
    }
}

impl Clahe {
    /// Equalises a gray picture at its depth; 16-bit pictures have 65,536 bins. Colour passes unchanged.
    ///
    /// Fields out of range are those that [`Preprocess::check`](super::Preprocess::check) refuses; here a clip limit
    /// of 0 or less clips most, and tiles are brought into 1 to 16.
    pub fn apply(&self, picture: Picture) -> Picture {
        let grid = Grid::of(&picture, self.tiles.clamp(1, 16) as usize);
        let samples = match picture.samples() {
            Samples::Gray8(values) => Samples::Gray8(self.equalise(values, &grid, 256)),
            Samples::Gray16(values) => Samples::Gray16(self.equalise(values, &grid, 65_536)),
            colour => colour.clone(),
        };
        Picture::new(picture.width(), picture.height(), samples).unwrap_or(picture)
    }

    fn equalise<T: Sample>(&self, values: &[T], grid: &Grid, bins: usize) -> Vec<T> {
        let curves: Vec<f32> =
            (0..grid.tiles * grid.tiles).flat_map(|tile| self.curve(values, grid, tile, bins)).collect();
        let mut equalised = Vec::with_capacity(values.len());
        for (y, row) in values.chunks_exact(grid.width).enumerate() {
            let (above, below, down) = grid.neighbours(y, grid.tile_height);
            for (x, &value) in row.iter().enumerate() {
                let level: usize = value.into();
                let (left, right, across) = grid.neighbours(x, grid.tile_width);
                let at = |row: usize, column: usize| curves[(row * grid.tiles + column) * bins + level];
                let upper = at(above, left) * (1.0 - across) + at(above, right) * across;
                let lower = at(below, left) * (1.0 - across) + at(below, right) * across;
                equalised.push(T::of_whole((upper * (1.0 - down) + lower * down).round_ties_even().into()));
            }
        }
        equalised
    }

    /// The clipped, cumulated histogram of one tile as a curve over the levels.
    fn curve<T: Sample>(&self, values: &[T], grid: &Grid, tile: usize, bins: usize) -> Vec<f32> {
        let mut counts = vec![0_usize; bins];
        let (left, top) = (tile % grid.tiles * grid.tile_width, tile / grid.tiles * grid.tile_height);
        for y in top..top + grid.tile_height {
            for x in left..left + grid.tile_width {
                let value = values[reflect(y, grid.height) * grid.width + reflect(x, grid.width)];
                let level: usize = value.into();
                counts[level] += 1;
            }
        }
        let area = grid.tile_width * grid.tile_height;
        clip(&mut counts, ((self.clip_limit * area as f64 / bins as f64) as usize).max(1));
        let scale = (bins - 1) as f32 / area as f32;
        let mut sum = 0_usize;
        let cumulate = |count: usize| {
            sum += count;
            (sum as f32 * scale).round_ties_even().clamp(0.0, (bins - 1) as f32)
        };
        counts.into_iter().map(cumulate).collect()
    }
}

/// Cuts counts at a limit and hands the excess out evenly, the remainder at even steps.
fn clip(counts: &mut [usize], limit: usize) {
    let excess: usize = counts.iter().map(|&count| count.saturating_sub(limit)).sum();
    let (share, rest) = (excess / counts.len(), excess % counts.len());
    for count in counts.iter_mut() {
        *count = (*count).min(limit) + share;
    }
    if let Some(step) = counts.len().checked_div(rest) {
        for count in counts.iter_mut().step_by(step.max(1)).take(rest) {
            *count += 1;
        }
    }
}

/// Equal tiles over a picture that is mirrored beyond its right and lower edge until they fit.
struct Grid {
    width: usize,
    height: usize,
    tiles: usize,
    tile_width: usize,
    tile_height: usize,
}

impl Grid {
    fn of(picture: &Picture, tiles: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        // OpenCV adds a whole row of tiles' worth when only the other side does not divide.
        let fits = width.is_multiple_of(tiles) && height.is_multiple_of(tiles);
        let padded = |side: usize| if fits { side } else { side + tiles - side % tiles };
        Self { width, height, tiles, tile_width: padded(width) / tiles, tile_height: padded(height) / tiles }
    }

    /// The two tiles between whose centres a coordinate lies, and how far it is towards the second.
    fn neighbours(&self, at: usize, side: usize) -> (usize, usize, f32) {
        let place = at as f32 * (1.0 / side as f32) - 0.5;
        let first = place.floor();
        let last = self.tiles as f32 - 1.0;
        (first.max(0.0) as usize, (first + 1.0).min(last) as usize, place - first)
    }
}

/// Mirrors at the last pixel without repeating it; small pictures are mirrored again and again.
fn reflect(at: usize, side: usize) -> usize {
    if side == 1 {
        return 0;
    }
    let period = 2 * (side - 1);
    let at = at % period;
    if at < side { at } else { period - at }
}
