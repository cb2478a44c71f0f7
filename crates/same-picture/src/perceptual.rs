//! Computes perceptual hashes (pHash): the signs, about their median, of an image's lowest DCT coefficients.

use std::sync::LazyLock;

use radiograph_image::{Picture, Samples, preprocess::resize};
use radiograph_input::Filter;
use serde::{Deserialize, Serialize};

use crate::Turn;

/// Pixels a side that the cosines are taken of.
const SIDE: usize = 32;
/// Cosines that are kept in each direction.
pub(crate) const LOW: usize = 8;

/// 63 bits that hardly change when a picture is resized, compressed or made brighter.
///
/// The image, resized to 32 × 32 with the Lanczos filter, is transformed by a two-dimensional DCT-II; of the 8 × 8
/// lowest coefficients without the first (the mean), those above the median are 1. This is the pHash of Zauner (2010)
/// as `imagehash` computes it, but for the mean, whose bit is always 1 there and always 0 here.
///
/// Bit `8 v + u` is that of the cosine with `u` half-waves across and `v` down.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct PerceptualHash(u64);

impl PerceptualHash {
    /// The hash of a picture, as it stands.
    pub fn of_picture(picture: &Picture) -> Self {
        Coefficients::of_picture(picture).hash()
    }

    /// The bits; the lowest is 0 in every hash of a picture.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// In how many bits two hashes differ, 0 to 63.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl From<u64> for PerceptualHash {
    /// A hash with these bits, kept from an earlier run.
    fn from(bits: u64) -> Self {
        Self(bits)
    }
}

/// `[v][u]`, as numbered above.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coefficients([[f32; LOW]; LOW]);

impl Coefficients {
    pub(crate) fn of_picture(picture: &Picture) -> Self {
        let small = resize(picture, SIDE as u32, SIDE as u32, Filter::Lanczos)
            .unwrap_or_else(|| unreachable!("sides above 0"));
        let mut cells = [[0.0; SIDE]; SIDE];
        let targets = cells.as_flattened_mut();
        match small.into_gray().samples() {
            Samples::Gray8(values) | Samples::Rgb8(values) => {
                targets.iter_mut().zip(values).for_each(|(target, &value)| *target = f32::from(value));
            }
            Samples::Gray16(values) | Samples::Rgb16(values) => {
                targets
                    .iter_mut()
                    .zip(values)
                    .for_each(|(target, &value)| *target = f32::from(value) / 257.0);
            }
        }
        Self::of_cells(&cells, &COSINES)
    }

    /// The coefficients of any square of cells, with the cosines for its side.
    pub(crate) fn of_cells<const N: usize>(cells: &[[f32; N]; N], cosines: &[[f32; N]; LOW]) -> Self {
        let mut across = [[0.0_f32; LOW]; N];
        for (line, sums) in cells.iter().zip(&mut across) {
            for (sum, cosine) in sums.iter_mut().zip(cosines) {
                *sum = line.iter().zip(cosine).map(|(value, cosine)| value * cosine).sum();
            }
        }
        let mut coefficients = [[0.0_f32; LOW]; LOW];
        for (line, cosine) in coefficients.iter_mut().zip(cosines) {
            for (sums, &weight) in across.iter().zip(cosine) {
                line.iter_mut().zip(sums).for_each(|(target, &sum)| *target += weight * sum);
            }
        }
        Self(coefficients)
    }

    pub(crate) fn hash(&self) -> PerceptualHash {
        let values = &self.0.as_flattened()[1..];
        let mut sorted: Vec<f32> = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let median = sorted[sorted.len() / 2];
        let bits = values.iter().enumerate().filter(|(_, value)| **value > median);
        PerceptualHash(bits.fold(0, |hash, (at, _)| hash | 1 << (at + 1)))
    }

    /// Those of the turned picture: mirroring changes the sign of odd cosines, transposing exchanges the directions.
    pub(crate) fn turned(&self, turn: Turn) -> Self {
        let (across, down) = turn.reverses();
        let sign = |odd: bool, reversed: bool| if odd && reversed { -1.0 } else { 1.0 };
        let mut turned = [[0.0; LOW]; LOW];
        for (v, line) in turned.iter_mut().enumerate() {
            for (u, value) in line.iter_mut().enumerate() {
                let from = if turn.exchanges_sides() { self.0[u][v] } else { self.0[v][u] };
                *value = from * sign(u % 2 == 1, across) * sign(v % 2 == 1, down);
            }
        }
        Self(turned)
    }

    /// The coefficients without the mean, of length 1; `None` if they are all next to 0.
    pub(crate) fn normalised(mut self) -> Option<Self> {
        self.0[0][0] = 0.0;
        let values = self.0.as_flattened_mut();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.iter_mut().for_each(|value| *value /= length);
        (length > 1e-3).then_some(self)
    }

    /// All of them, row by row.
    pub(crate) fn all(&self) -> &[f32] {
        self.0.as_flattened()
    }
}

static COSINES: LazyLock<[[f32; SIDE]; LOW]> = LazyLock::new(cosines);

/// `[u][x]`: the DCT-II's cosines on `N` points, with as many half-waves as the row's number, of equal length but for
/// the first.
pub(crate) fn cosines<const N: usize>() -> [[f32; N]; LOW] {
    let mut cosines = [[0.0; N]; LOW];
    for (half_waves, line) in cosines.iter_mut().enumerate() {
        for (point, value) in line.iter_mut().enumerate() {
            let angle = std::f64::consts::PI * half_waves as f64 * (2 * point + 1) as f64 / (2 * N) as f64;
            *value = libm::cos(angle) as f32;
        }
    }
    cosines
}
