//! Finds films that lie on their side or are inverted, by comparison with a mean chest.
//!
//! Ranks of the gray values are compared and not the values, so that neither exposure nor window matters.

use super::gray::Gray;
use crate::Picture;

/// Cells a side.
const SIDE: usize = 16;

/// Left half of the mean chest, row by row: mean ranks (0 to 255) of the cells of the frontal films in the half that suggests the
/// thresholds, mirrored and averaged. `cargo run -p radiograph-dataset --example flag_rates -- --chest` prints it.
const CHEST: [[u8; SIDE / 2]; SIDE] = [
    [0, 2, 3, 6, 19, 48, 91, 124],
    [28, 42, 47, 52, 54, 63, 92, 124],
    [62, 81, 88, 84, 68, 60, 82, 123],
    [87, 110, 114, 88, 56, 44, 72, 126],
    [103, 128, 124, 82, 42, 32, 70, 136],
    [110, 135, 125, 76, 35, 30, 78, 150],
    [109, 136, 123, 73, 36, 42, 97, 167],
    [104, 134, 120, 74, 45, 63, 122, 186],
    [97, 130, 117, 79, 62, 91, 147, 202],
    [93, 127, 117, 92, 89, 119, 169, 217],
    [89, 123, 121, 113, 121, 147, 188, 227],
    [84, 118, 132, 142, 157, 176, 206, 237],
    [79, 118, 150, 172, 189, 203, 222, 245],
    [74, 122, 167, 197, 213, 224, 237, 252],
    [71, 127, 179, 210, 227, 236, 245, 255],
    [77, 135, 186, 217, 232, 241, 247, 254],
];

/// Fit that a chest has at least. What shows no chest fits worse in every position.
const LEAST_FIT: f64 = 0.2;

/// How much better the chest fits when turned by a quarter than upright or upside down, and how well its negative fits.
pub(super) fn scores(gray: &Gray) -> (f64, f64) {
    let Some(ranks) = ranks(gray) else { return (-1.0, -1.0) };
    let chest = normalised((0..SIDE * SIDE).map(|at| chest(at / SIDE, at % SIDE)).collect());
    let turned = normalised((0..SIDE * SIDE).map(chest_at_quarter).collect());
    let (Some(chest), Some(turned)) = (chest, turned) else { return (-1.0, -1.0) };
    let fit = |one: &[f64], turns: fn(usize) -> usize| -> f64 {
        (0..SIDE * SIDE).map(|at| one[turns(at)] * ranks[at]).sum()
    };
    let back = |at: usize| SIDE * SIDE - 1 - at;
    let upright = fit(&chest, |at| at);
    let lying = fit(&turned, |at| at).max(fit(&turned, back));
    (lying - upright.max(fit(&chest, back)).max(LEAST_FIT), -upright)
}

fn chest(row: usize, column: usize) -> f64 {
    CHEST[row][column.min(SIDE - 1 - column)].into()
}

/// The chest turned by a quarter.
fn chest_at_quarter(at: usize) -> f64 {
    chest(at % SIDE, at / SIDE)
}

/// Ranks of the gray values of 16 × 16 cells, row by row, with mean 0 and length 1: what chests are compared by. `None` for a
/// picture of one value, or one below 16 pixels a side.
pub fn cell_ranks(picture: &Picture) -> Option<Vec<f64>> {
    ranks(&Gray::of(picture))
}

/// Ranks of the cells, with mean 0 and length 1; equal cells share their rank. `None` for a picture of one value, or one
/// with fewer pixels than cells.
fn ranks(gray: &Gray) -> Option<Vec<f64>> {
    let cells = gray.cells(SIDE)?;
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by(|&one, &other| cells[one].total_cmp(&cells[other]));
    let mut ranks = vec![0.0; cells.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&one, &other| cells[one] == cells[other]) {
        let rank = below as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&at| ranks[at] = rank);
        below += equal.len();
    }
    normalised(ranks)
}

fn normalised(mut values: Vec<f64>) -> Option<Vec<f64>> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    (length > 0.0).then(|| values.into_iter().map(|value| value / length).collect())
}
