//! Lays one picture over another at the best place, and measures how well they agree.

use crate::{
    areas::{Areas, Frame},
    cells::{Cells, dot, normalise},
};

/// Cells a side that pictures are compared in.
const FINE: usize = 24;
/// Cells a side that the best place is looked for with, before it is settled with the fine ones.
const COARSE: usize = 12;
/// Cells a side of the neighbourhood whose mean is taken off to leave the detail.
const AROUND: usize = 5;
/// Steps, as shares of the frame's sides, by which the best place is looked for with coarse cells, then with fine ones.
const COARSE_STEPS: [f64; 2] = [0.04, 0.02];
const FINE_STEPS: [f64; 2] = [0.01, 0.005];
/// What coarse and fine correlations may differ by, and the last steps gain.
const SLACK: f64 = 0.15;

/// A patch of a picture in cells of mean 0 and length 1, so that the sum of products of two is their correlation.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    fine: Cells<FINE>,
    coarse: Cells<COARSE>,
    detail: Cells<FINE>,
}

/// How well two patches agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Agreement {
    /// Pearson's correlation of the gray values, −1 to 1.
    pub(crate) correlation: f64,
    /// The same of what is left when the mean of every cell's neighbourhood is taken off: edges, ribs, letters. All
    /// chests have their lungs in the same places; only one picture has its ribs where this one has them.
    pub(crate) detail: f64,
}

impl Patch {
    /// `None` if the patch is of one gray: nothing correlates with it.
    pub(crate) fn new(areas: &Areas, frame: &Frame) -> Option<Self> {
        let (fine, coarse) = (cells(areas, frame)?, cells(areas, frame)?);
        let mut detail = detail(&fine);
        normalise(&mut detail, 0.0).then_some(Self { fine, coarse, detail })
    }

    pub(crate) fn agreement(&self, other: &Self) -> Agreement {
        Agreement { correlation: dot(&self.fine, &other.fine), detail: dot(&self.detail, &other.detail) }
    }
}

/// Where the template fits best, near the start: the frame moves, grows and shrinks by smaller and smaller steps while
/// the correlation of what lies under it grows. `None` if the correlation stays far below `wanted`.
pub(crate) fn climb(template: &Patch, host: &Areas, start: Frame, wanted: f64) -> Option<Frame> {
    let (frame, correlation) = ascend(&template.coarse, host, start, &COARSE_STEPS);
    if correlation < wanted - SLACK {
        return None;
    }
    Some(ascend(&template.fine, host, frame, &FINE_STEPS).0)
}

fn ascend<const SIDE: usize>(
    template: &Cells<SIDE>,
    host: &Areas,
    start: Frame,
    steps: &[f64],
) -> (Frame, f64) {
    const MOVES: [(f64, f64, f64); 6] = [
        (-1.0, 0.0, 0.0),
        (1.0, 0.0, 0.0),
        (0.0, -1.0, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, 0.0, -1.0),
        (0.0, 0.0, 1.0),
    ];
    let score = |frame: &Frame| cells(host, frame).map_or(-1.0, |under| dot(&under, template));
    let (mut best, mut highest) = (start, score(&start));
    for step in steps {
        loop {
            let here = best;
            for (across, down, growth) in MOVES {
                let (width, height) =
                    (here.width * (1.0 + growth * step), here.height * (1.0 + growth * step));
                let frame = host.pushed_inside(Frame {
                    left: here.left + across * step * here.width + (here.width - width) / 2.0,
                    top: here.top + down * step * here.height + (here.height - height) / 2.0,
                    width,
                    height,
                });
                let reached = score(&frame);
                // More than rounding, so that this ends.
                if reached > highest + 1e-6 {
                    (best, highest) = (frame, reached);
                }
            }
            if best == here {
                break;
            }
        }
    }
    (best, highest)
}

/// What lies under a frame, mean 0 and length 1; `None` if that is one gray.
fn cells<const SIDE: usize>(areas: &Areas, frame: &Frame) -> Option<Cells<SIDE>> {
    let mut cells = [[0.0; SIDE]; SIDE];
    areas.cells(frame, &mut cells);
    // A tenth of a gray step: the rounding of thumbnails makes more.
    normalise(&mut cells, 0.1).then_some(cells)
}

fn detail(cells: &Cells<FINE>) -> Cells<FINE> {
    let reach = AROUND / 2;
    let mut detail = *cells;
    for (row, line) in detail.iter_mut().enumerate() {
        let rows = &cells[row.saturating_sub(reach)..(row + reach + 1).min(FINE)];
        for (column, value) in line.iter_mut().enumerate() {
            let columns = column.saturating_sub(reach)..(column + reach + 1).min(FINE);
            let count = (rows.len() * columns.len()) as f32;
            *value -= rows.iter().flat_map(|row| &row[columns.clone()]).sum::<f32>() / count;
        }
    }
    detail
}
