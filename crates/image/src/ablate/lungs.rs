//! Estimates where the lungs of a frontal chest film are, without a network.
//!
//! A drawn outline of two lungs is moved and stretched until it is darkest inside against a ring around it; then dark pixels
//! near the outline are taken in. Bright pixels inside stay, because a dense lung is bright. It always finds something: on a
//! picture without lungs the result means nothing.
//!
//! On the 198 films of Cohen's collection that have lung masks (lungVAE), the mean Dice coefficient is 0.83; docs/audit.md has
//! the error by quantile, and of the fixed outline alone.

use std::sync::OnceLock;

use radiograph_input::Filter;

use super::Region;
use crate::{Picture, Samples, resize::resize};

/// Side of the picture on which lungs are sought.
const SIDE: usize = 64;
/// Outlines of the lung on the left and on the right of the picture, as shares of its sides.
const OUTLINES: [&[(f64, f64)]; 2] = [
    &[
        (0.39, 0.07),
        (0.45, 0.15),
        (0.44, 0.29),
        (0.41, 0.47),
        (0.385, 0.65),
        (0.365, 0.77),
        (0.26, 0.75),
        (0.08, 0.84),
        (0.08, 0.74),
        (0.11, 0.55),
        (0.165, 0.36),
        (0.24, 0.20),
        (0.31, 0.105),
    ],
    &[
        (0.585, 0.07),
        (0.66, 0.085),
        (0.755, 0.20),
        (0.82, 0.36),
        (0.875, 0.55),
        (0.92, 0.76),
        (0.925, 0.86),
        (0.86, 0.81),
        (0.77, 0.76),
        (0.68, 0.65),
        (0.605, 0.49),
        (0.555, 0.31),
        (0.54, 0.15),
    ],
];
/// Standard deviation of the blur of the outline, in pixels.
const BLUR: f64 = 2.0;
/// Blurred value above which a pixel is inside, and above which it is in the ring around.
const INSIDE: f64 = 0.5;
const RING: f64 = 0.1;
/// Loss of contrast, as a share of the gray ranks, for a placement at the end of the usual range.
const PENALTY: f64 = 0.04;
/// Weight of a pixel's darkness against the outline, and the blurred value from which it counts.
const DARKNESS: f64 = 0.3;
const NEAR: f64 = 0.05;

/// The estimated lungs of a frontal chest film, of the size of the picture.
pub fn estimated_lungs(picture: &Picture) -> Region {
    let (width, height) = (picture.width(), picture.height());
    let ranks = ranks(&small(picture));
    let template = template();
    let contrast = |candidate: &Candidate| {
        mean(&ranks, &candidate.ring) - mean(&ranks, &candidate.inside) - candidate.penalty
    };
    let best = template.candidates.iter().map(|of| (of, contrast(of)));
    // There are more than a thousand candidates.
    let Some((best, _)) = best.max_by(|a, b| a.1.total_cmp(&b.1)) else {
        unreachable!("the template has candidates")
    };
    let (dark, bright) = (mean(&ranks, &best.inside), mean(&ranks, &best.ring));
    let middle = (dark + bright) / 2.0;
    let outline = best.placement.of(&template.blurred);
    let marked = (0..SIDE * SIDE)
        .map(|place| {
            let near = outline[place];
            let darkness = ((middle - around(&ranks, place)) / (bright - dark).max(0.05)).clamp(-1.0, 1.0);
            near > INSIDE || (near > NEAR && near + DARKNESS * darkness > INSIDE)
        })
        .collect();
    let found = Region::new(SIDE as u32, SIDE as u32, marked).and_then(|found| found.resized(width, height));
    // A picture has a pixel, and the small one has as many as its sides ask for.
    found.unwrap_or_else(|| unreachable!("a region of {width} × {height}"))
}

/// The gray picture at 64 × 64 pixels, its proportions changed.
fn small(picture: &Picture) -> Vec<f64> {
    let gray = picture.clone().into_gray();
    let resized = resize(&gray, SIDE as u32, SIDE as u32, Filter::Bilinear);
    match resized.map(|small| small.into_8_bit().into_samples()) {
        Some(Samples::Gray8(values)) => values.into_iter().map(f64::from).collect(),
        // A gray picture with sides from 1 on becomes a gray picture.
        _ => vec![0.0; SIDE * SIDE],
    }
}

/// Ranks of the values as shares of their number, from 0 to below 1; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let (mut ranks, mut below) = (vec![0.0; values.len()], 0);
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = (below as f64 + (tie.len() as f64 - 1.0) / 2.0) / values.len() as f64;
        tie.iter().for_each(|place| ranks[*place] = rank);
        below += tie.len();
    }
    ranks
}

fn mean(values: &[f64], places: &[u16]) -> f64 {
    places.iter().map(|place| values[usize::from(*place)]).sum::<f64>() / places.len().max(1) as f64
}

/// Mean of a pixel and its neighbours; beyond the edge, the edge is repeated.
fn around(values: &[f64], place: usize) -> f64 {
    let near = |at: usize| [at.saturating_sub(1), at, (at + 1).min(SIDE - 1)];
    let (row, column) = (place / SIDE, place % SIDE);
    let cells = near(row).into_iter().flat_map(|row| near(column).map(|column| values[row * SIDE + column]));
    cells.sum::<f64>() / 9.0
}

/// The outline and its placements.
struct Template {
    blurred: Vec<f64>,
    candidates: Vec<Candidate>,
}

/// A placement of the outline, with the pixels inside and in the ring around.
struct Candidate {
    placement: Placement,
    inside: Vec<u16>,
    ring: Vec<u16>,
    penalty: f64,
}

/// Shifts in pixels, and stretches about the middle.
#[derive(Clone, Copy)]
struct Placement {
    down: f64,
    right: f64,
    taller: f64,
    wider: f64,
}

impl Placement {
    /// The values of the moved outline at each pixel, bilinear; 0 beyond the edge.
    fn of(self, outline: &[f64]) -> Vec<f64> {
        let middle = SIDE as f64 / 2.0;
        let at = |row: isize, column: isize| match (usize::try_from(row), usize::try_from(column)) {
            (Ok(row), Ok(column)) if row < SIDE && column < SIDE => outline[row * SIDE + column],
            _ => 0.0,
        };
        let value = |place: usize| {
            let y = ((place / SIDE) as f64 - middle - self.down) / self.taller + middle;
            let x = ((place % SIDE) as f64 - middle - self.right) / self.wider + middle;
            let (top, left) = (y.floor(), x.floor());
            let (down, right, top, left) = (y - top, x - left, top as isize, left as isize);
            (1.0 - down) * ((1.0 - right) * at(top, left) + right * at(top, left + 1))
                + down * ((1.0 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
        };
        (0..SIDE * SIDE).map(value).collect()
    }

    fn penalty(self) -> f64 {
        let squares = (self.down / 12.0).powi(2)
            + (self.right / 6.0).powi(2)
            + ((self.taller - 1.0) / 0.2).powi(2)
            + ((self.wider - 1.0) / 0.2).powi(2);
        PENALTY * squares
    }
}

/// The template, drawn once.
fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let blurred = blurred(&drawn());
        let mut candidates = Vec::new();
        for down in (-4..=4).map(|step| 3.0 * f64::from(step)) {
            for right in (-3..=3).map(|step| 2.0 * f64::from(step)) {
                for taller in (7..=12).map(|tenths| f64::from(tenths) / 10.0) {
                    for wider in (8..=11).map(|tenths| f64::from(tenths) / 10.0) {
                        candidates.push(candidate(&blurred, Placement { down, right, taller, wider }));
                    }
                }
            }
        }
        Template { blurred, candidates }
    })
}

fn candidate(blurred: &[f64], placement: Placement) -> Candidate {
    let outline = placement.of(blurred);
    let places = |within: &dyn Fn(f64) -> bool| {
        // 64 × 64 places fit 16 bits.
        (0..).zip(&outline).filter(|(_, value)| within(**value)).map(|(place, _): (u16, _)| place).collect()
    };
    Candidate {
        inside: places(&|value| value > INSIDE),
        ring: places(&|value| value > RING && value <= INSIDE),
        penalty: placement.penalty(),
        placement,
    }
}

/// Share of each pixel inside the outlines, from 16 points.
fn drawn() -> Vec<f64> {
    const POINTS: usize = 4;
    let point = |at: usize, part: usize| (at as f64 + (part as f64 + 0.5) / POINTS as f64) / SIDE as f64;
    let share = |place: usize| {
        let inside = (0..POINTS * POINTS).filter(|part| {
            let (x, y) = (point(place % SIDE, part % POINTS), point(place / SIDE, part / POINTS));
            OUTLINES.iter().any(|outline| contains(outline, x, y))
        });
        inside.count() as f64 / (POINTS * POINTS) as f64
    };
    (0..SIDE * SIDE).map(share).collect()
}

/// Whether a ray from the point to the right crosses the outline an odd number of times.
fn contains(outline: &[(f64, f64)], x: f64, y: f64) -> bool {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let crosses = |(a, b): &(&(f64, f64), &(f64, f64))| {
        (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
    };
    edges.filter(crosses).count() % 2 == 1
}

/// Gaussian blur; beyond the edge is nothing.
fn blurred(values: &[f64]) -> Vec<f64> {
    let reach = (4.0 * BLUR) as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|at| libm::exp(-((at * at) as f64) / (2.0 * BLUR * BLUR))).collect();
    let total: f64 = weights.iter().sum();
    let along = |values: &[f64], step: usize, place: usize, at: usize| -> f64 {
        let cells = (-reach..=reach).zip(&weights).filter_map(|(offset, weight)| {
            let other = at.checked_add_signed(offset).filter(|other| *other < SIDE)?;
            Some(weight * values[place - at * step + other * step])
        });
        cells.sum::<f64>() / total
    };
    let across: Vec<f64> = (0..SIDE * SIDE).map(|place| along(values, 1, place, place % SIDE)).collect();
    (0..SIDE * SIDE).map(|place| along(&across, SIDE, place, place / SIDE)).collect()
}
