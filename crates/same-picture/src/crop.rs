//! Finds crops: searches every image for the centre square of every other, at any place and scale.
//!
//! The centre square of every image is compared with square windows of every other. Both are described by the 63 slowest
//! cosines, as perceptual hashes are, brought to length 1, so that one dot product is one comparison, and a window that
//! compares well is tried out at its best place with the cells themselves.

use crate::{
    perceptual::{Coefficients, LOW, cosines},
    thumbnail::{Areas, Frame},
};

/// Cells a side that windows are transformed from.
const CELLS: usize = 16;
/// Numbers of a description.
const LENGTH: usize = LOW * LOW;
/// Templates that are compared side by side.
const LANES: usize = 16;
/// Ratio of the sides of one scale and the next, and distance of neighbours as a share of their side: no place is further
/// from a window than the search for the best place reaches.
const GROWTH: f64 = 1.09;
const STRIDE: f64 = 0.08;
/// Power of a cosine's frequency that it is weighted by: quick ones are weak in all pictures and tell them apart best.
const SHARPENING: f64 = 0.5;

/// The squares of one image, described.
pub(crate) struct Windows {
    frames: Vec<Frame>,
    descriptions: Vec<[f32; LENGTH]>,
}

/// Descriptions of many templates, [`LANES`] at a time: `[block][number][lane]`.
pub(crate) struct Templates {
    blocks: Vec<[[f32; LANES]; LENGTH]>,
    count: usize,
}

/// Turns squares into descriptions.
pub(crate) struct Describer {
    cosines: [[f32; CELLS]; LOW],
    weights: [f32; LENGTH],
}

impl Default for Describer {
    fn default() -> Self {
        let mut weights = [0.0; LENGTH];
        for (at, weight) in weights.iter_mut().enumerate().skip(1) {
            let (v, u) = (at / LOW, at % LOW);
            // Row 0 of the cosines is longer than the others by √2.
            let longer = if u == 0 || v == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            *weight = (longer * libm::pow((u * u + v * v) as f64, SHARPENING / 2.0)) as f32;
        }
        Self { cosines: cosines(), weights }
    }
}

impl Describer {
    /// Length 1, or all 0 for a square of one gray.
    pub(crate) fn describe(&self, areas: &Areas, frame: &Frame) -> [f32; LENGTH] {
        let mut cells = [[0.0; CELLS]; CELLS];
        areas.cells(frame, &mut cells);
        let coefficients = Coefficients::of_cells(&cells, &self.cosines);
        let mut description = [0.0; LENGTH];
        for ((target, value), weight) in
            description[1..].iter_mut().zip(coefficients.values()).zip(&self.weights[1..])
        {
            *target = value * weight;
        }
        let length = description.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 1.0 {
            description.iter_mut().for_each(|value| *value /= length);
            description
        } else {
            [0.0; LENGTH]
        }
    }

    pub(crate) fn windows(&self, areas: &Areas, smallest: f64) -> Windows {
        let short = areas.width().min(areas.height());
        let mut frames = Vec::new();
        let mut side = short;
        while side >= smallest * short {
            let places = |length: f64| {
                let count = ((length - side) / (STRIDE * side)).ceil();
                (0..=count as usize)
                    .map(move |at| if count == 0.0 { 0.0 } else { (length - side) * at as f64 / count })
            };
            for top in places(areas.height()) {
                frames.extend(places(areas.width()).map(|left| Frame {
                    left,
                    top,
                    width: side,
                    height: side,
                }));
            }
            side /= GROWTH;
        }
        let descriptions = frames.iter().map(|frame| self.describe(areas, frame)).collect();
        Windows { frames, descriptions }
    }
}

impl Templates {
    pub(crate) fn new(descriptions: &[[f32; LENGTH]]) -> Self {
        let blocks = descriptions.chunks(LANES).map(|chunk| {
            let mut block = [[0.0; LANES]; LENGTH];
            for (lane, description) in chunk.iter().enumerate() {
                block.iter_mut().zip(description).for_each(|(line, &value)| line[lane] = value);
            }
            block
        });
        Self { blocks: blocks.collect(), count: descriptions.len() }
    }

    /// For every template the window it is most like, and how much.
    pub(crate) fn best(&self, windows: &Windows) -> Vec<(f32, Frame)> {
        let mut best = Vec::with_capacity(self.count + LANES);
        for block in &self.blocks {
            let mut highest = [f32::NEG_INFINITY; LANES];
            let mut at = [0_u32; LANES];
            for (index, description) in windows.descriptions.iter().enumerate() {
                let mut sums = [0.0_f32; LANES];
                for (line, &value) in block.iter().zip(description) {
                    for lane in 0..LANES {
                        sums[lane] += line[lane] * value;
                    }
                }
                for lane in 0..LANES {
                    if sums[lane] > highest[lane] {
                        highest[lane] = sums[lane];
                        at[lane] = index as u32;
                    }
                }
            }
            best.extend((0..LANES).map(|lane| (highest[lane], windows.frames[at[lane] as usize])));
        }
        best.truncate(self.count);
        best
    }
}
