//! Compares the reliefs of two pictures: what negatives and enhanced contrast leave as it is.
//!
//! The core of one picture, a square in its middle, is laid over the other, moved, scaled and turned a little until the
//! reliefs agree best.

use crate::{
    Search, Turn,
    areas::{Areas, Pose},
    cells::{Cells, WeighedRelief, dot, relief},
    perceptual::{Coefficients, LOW, cosines},
};

/// Side of the core, as a share of the shorter side: letters, collimators and the corners that a turned copy lacks lie
/// outside of it.
pub(crate) const CORE: f64 = 0.8;
/// Cells a side that descriptions are made of, and that the best place is looked for with.
const COARSE: usize = 16;
const COARSE_REACH: usize = 2;
/// Cells a side that two pictures are compared in. Drawn and real chests are much alike in neighbourhoods larger than these.
const FINE: usize = 48;
const FINE_REACH: usize = 2;
/// Steps by which the best place is looked for: as shares of the side, and in degrees.
const COARSE_STEPS: [(f64, f64); 2] = [(0.04, 2.0), (0.02, 1.0)];
const FINE_STEPS: [(f64, f64); 2] = [(0.01, 0.5), (0.005, 0.25)];
/// What the agreement may lack of the one wanted before the best place is found with coarse cells, and with fine ones.
const COARSE_SLACK: f64 = 0.2;
const FINE_SLACK: f64 = 0.2;
/// Numbers of a description.
pub(crate) const LENGTH: usize = LOW * LOW;

/// The slowest cosines of a square's relief, of length 1; the first is 0.
#[derive(Clone, Debug)]
pub(crate) struct Description(Coefficients);

impl Description {
    /// A 1 for every number above 0.
    pub(crate) fn signs(&self) -> u64 {
        let values = self.0.all().iter().enumerate();
        values.fold(0, |signs, (at, &value)| signs | u64::from(value > 0.0) << at)
    }

    pub(crate) fn turned(&self, turn: Option<Turn>) -> Self {
        turn.map_or_else(|| self.clone(), |turn| Self(self.0.turned(turn)))
    }

    pub(crate) fn numbers(&self) -> &[f32] {
        self.0.all()
    }

    /// In how far two descriptions are alike: −1 for a negative, 1 for the same.
    pub(crate) fn likeness(&self, other: &Self) -> f32 {
        let (one, other) = (self.0.all(), other.0.all());
        let mut sums = [0.0_f32; 8];
        for (one, other) in one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0) {
            for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
                *sum += one * other;
            }
        }
        sums.iter().sum()
    }
}

/// Makes descriptions.
pub(crate) struct Describer {
    cosines: [[f32; COARSE]; LOW],
}

impl Default for Describer {
    fn default() -> Self {
        let mut cosines = cosines();
        // The first row is longer than the others by √2.
        cosines[0].iter_mut().for_each(|value: &mut f32| *value *= std::f32::consts::FRAC_1_SQRT_2);
        Self { cosines }
    }
}

impl Describer {
    /// `None` if the square has no relief.
    pub(crate) fn describe(&self, areas: &Areas, pose: &Pose) -> Option<Description> {
        let cells = relief_of::<COARSE>(areas, pose, COARSE_REACH)?;
        Coefficients::of_cells(&cells, &self.cosines).normalised().map(Description)
    }
}

/// The relief of a picture's core, in coarse cells and in fine ones.
pub(crate) struct Core {
    coarse: Cells<COARSE>,
    fine: WeighedRelief<FINE>,
}

impl Core {
    /// `None` if the core has no relief.
    pub(crate) fn new(areas: &Areas) -> Option<Self> {
        let pose = areas.centre(CORE);
        let fine = fine_of(areas, &pose)?;
        Some(Self { coarse: relief_of(areas, &pose, COARSE_REACH)?, fine })
    }

    /// Where the core fits best into another picture, near the start, and how well: the correlation of the reliefs, of which a
    /// negative's sign is changed. `None` if that stays far below the minimum.
    pub(crate) fn settle(
        &self,
        host: &Areas,
        start: Pose,
        negative: bool,
        settings: &Search,
    ) -> Option<(Pose, f64)> {
        // The best angle may lie a little beyond the last one that was looked up.
        let tilt = if settings.altered { settings.tilt * 1.1 } else { 0.0 };
        let sign = if negative { -1.0 } else { 1.0 };
        let coarse = |pose: &Pose| {
            let relief = relief_of(host, pose, COARSE_REACH);
            relief.map_or(-1.0, |relief| sign * dot(&relief, &self.coarse))
        };
        let (pose, reached) = ascend(host, host.moved_inside(start), &COARSE_STEPS, tilt, coarse);
        if reached < settings.relief - COARSE_SLACK {
            return None;
        }
        let fine =
            |pose: &Pose| fine_of(host, pose).map_or(-1.0, |relief| sign * relief.correlation(&self.fine));
        if fine(&pose) < settings.relief - FINE_SLACK {
            return None;
        }
        Some(ascend(host, pose, &FINE_STEPS, tilt, fine))
    }
}

fn relief_of<const SIDE: usize>(areas: &Areas, pose: &Pose, reach: usize) -> Option<Cells<SIDE>> {
    let mut cells = [[0.0; SIDE]; SIDE];
    areas.cells_of_pose(pose, &mut cells);
    relief(&cells, reach)
}

fn fine_of(areas: &Areas, pose: &Pose) -> Option<WeighedRelief<FINE>> {
    let mut cells = [[0.0; FINE]; FINE];
    areas.cells_of_pose(pose, &mut cells);
    WeighedRelief::new(&cells, FINE_REACH)
}

/// Moves, scales and turns the square by smaller and smaller steps while the score grows.
fn ascend(
    host: &Areas,
    start: Pose,
    steps: &[(f64, f64)],
    tilt: f64,
    score: impl Fn(&Pose) -> f64,
) -> (Pose, f64) {
    const MOVES: [[f64; 4]; 8] = [
        [-1.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        [0.0, -1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, -1.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, -1.0],
        [0.0, 0.0, 0.0, 1.0],
    ];
    let (mut best, mut highest) = (start, score(&start));
    for &(step, turn) in steps {
        loop {
            let here = best;
            for [across, down, growth, turns] in MOVES {
                let pose = host.moved_inside(Pose {
                    across: here.across + across * step * here.side,
                    down: here.down + down * step * here.side,
                    side: here.side * (1.0 + growth * step),
                    degrees: (here.degrees + turns * turn).clamp(-tilt, tilt),
                });
                let reached = score(&pose);
                // More than rounding, so that this ends.
                if reached > highest + 1e-5 {
                    (best, highest) = (pose, reached);
                }
            }
            if best == here {
                break;
            }
        }
    }
    (best, highest)
}
