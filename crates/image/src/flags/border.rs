//! Finds bands of one gray value along the edges: collimators, frames of scanners, margins of printed pages.
//!
//! Air beside a patient is dark, too, but it ends gradually. A band ends at a straight line.

use super::gray::Gray;

/// Maximum difference to the band's gray value within the band.
const SPREAD: u8 = 6;
/// Share of a line that may differ: marks and dust on the band.
const MARKS: f64 = 0.04;
/// Minimum difference to the band's gray value that counts as a step.
const STEP: u8 = 16;
/// Minimum share of a line's pixels with such a step at the band's inner edge.
const STEPPING: f64 = 0.3;

/// The widest band, as a share of the side.
pub(super) fn score(gray: &Gray) -> f64 {
    let row = |at: usize| gray.row(at).to_vec();
    let column = |at: usize| gray.column(at);
    let sides = [
        band(gray.height, row),
        band(gray.height, |at| row(gray.height - 1 - at)),
        band(gray.width, column),
        band(gray.width, |at| column(gray.width - 1 - at)),
    ];
    sides.into_iter().fold(0.0, f64::max)
}

/// Width of the band along the edge that `line` counts from, as a share of all lines. 0 if there is none, or if it comes within
/// two lines of the middle.
fn band(lines: usize, line: impl Fn(usize) -> Vec<u8>) -> f64 {
    let mut level: Option<u8> = None;
    let mut width = 0;
    while width < lines / 2 {
        let mut values = line(width);
        values.sort_unstable();
        let median = values[values.len() / 2];
        let level = *level.get_or_insert(median);
        if share(&values, |value| value.abs_diff(level) > SPREAD) > MARKS {
            break;
        }
        width += 1;
    }
    // The edge itself is blurred over a line or two.
    let (Some(level), true) = (level, width > 0 && width + 2 < lines / 2) else { return 0.0 };
    let steps = share(&line(width + 2), |value| value.abs_diff(level) > STEP) >= STEPPING;
    if steps { width as f64 / lines as f64 } else { 0.0 }
}

fn share(values: &[u8], is_counted: impl Fn(u8) -> bool) -> f64 {
    values.iter().filter(|&&value| is_counted(value)).count() as f64 / values.len() as f64
}
