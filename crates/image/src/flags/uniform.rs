//! Finds films that show almost nothing: blank exposures, a small patch on an even ground.

use super::gray::Gray;

/// Cells a side.
const SIDE: usize = 32;
/// Difference to the ground, of 255, that counts as something to see.
const NEAR: f64 = 12.0;

/// Share of the picture that is about as bright as its median cell.
pub(super) fn score(gray: &Gray) -> f64 {
    let Some(mut cells) = gray.cells(SIDE) else { return 0.0 };
    cells.sort_by(f64::total_cmp);
    let median = cells[cells.len() / 2];
    cells.iter().filter(|cell| (**cell - median).abs() <= NEAR).count() as f64 / cells.len() as f64
}
