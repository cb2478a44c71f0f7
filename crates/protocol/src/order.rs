//! The order in which a recurrent cell reads the cells of a feature map.

use serde::{Deserialize, Serialize};

/// An order of the cells of an `H × W` grid.
///
/// The paper names all three and uses the horizontal one (section 3.2.3 of Al-Rakhami et al.).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SequenceOrder {
    /// Row by row, each from left to right.
    #[default]
    Horizontal,
    /// Column by column, each from top to bottom.
    Vertical,
    /// Clockwise from the upper left corner, inwards.
    Spiral,
}

impl SequenceOrder {
    /// All orders.
    pub const ALL: [Self; 3] = [Self::Horizontal, Self::Vertical, Self::Spiral];

    /// The cells (row, column) in the order in which they are read.
    pub fn positions(self, height: usize, width: usize) -> Vec<(usize, usize)> {
        match self {
            Self::Horizontal => {
                (0..height).flat_map(|row| (0..width).map(move |column| (row, column))).collect()
            }
            Self::Vertical => {
                (0..width).flat_map(|column| (0..height).map(move |row| (row, column))).collect()
            }
            Self::Spiral => spiral(height, width),
        }
    }
}

fn spiral(height: usize, width: usize) -> Vec<(usize, usize)> {
    let mut cells = Vec::with_capacity(height * width);
    let (mut top, mut bottom, mut left, mut right) = (0, height, 0, width);
    while top < bottom && left < right {
        cells.extend((left..right).map(|column| (top, column)));
        cells.extend((top + 1..bottom).map(|row| (row, right - 1)));
        // A ring of one row or one column has no return path.
        if bottom - top > 1 && right - left > 1 {
            cells.extend((left..right - 1).rev().map(|column| (bottom - 1, column)));
            cells.extend((top + 1..bottom - 1).rev().map(|row| (row, left)));
        }
        (top, bottom, left, right) = (top + 1, bottom - 1, left + 1, right - 1);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_visits_every_cell_once() {
        for (height, width) in (1..9).flat_map(|height| (1..9).map(move |width| (height, width))) {
            for order in SequenceOrder::ALL {
                let mut cells = order.positions(height, width);
                cells.sort_unstable();
                assert_eq!(cells, SequenceOrder::Horizontal.positions(height, width), "{order:?}");
            }
        }
    }

    #[test]
    fn a_spiral_goes_from_neighbour_to_neighbour() {
        for (height, width) in (1..9).flat_map(|height| (1..9).map(move |width| (height, width))) {
            for pair in SequenceOrder::Spiral.positions(height, width).windows(2) {
                assert_eq!(pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1), 1);
            }
        }
    }
}
