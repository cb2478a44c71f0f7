//! How a feature map is read as a sequence: which cell of the grid comes first, second, third. Not what reads it.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Error;

/// The order in which the cells of an `H × W` grid are read.
///
/// The paper names all three and uses the horizontal one (section 3.3 of Al-Rakhami et al.).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// All of them.
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

    /// A feature map `[N, C, H, W]` as a sequence `[N, H·W, C]`.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if `map` has not four dimensions; [`Error::Libtorch`] if memory runs out.
    pub fn to_sequence(self, map: &Tensor) -> Result<Tensor, Error> {
        let [_, _, height, width] = map.size()[..] else {
            return Err(Error::Shape {
                what: "the feature map".into(),
                expected: "[N, C, H, W]".into(),
                found: map.size(),
            });
        };
        let cells = map.f_flatten(2, 3)?; // [N, C, H·W]
        let ordered = match self {
            Self::Horizontal => cells,
            _ => {
                let reading = Tensor::f_from_slice(&self.reading(height, width))?;
                cells.f_index_select(2, &reading.f_to_device(map.device())?)?
            }
        };
        Ok(ordered.f_transpose(1, 2)?.f_contiguous()?)
    }

    /// The inverse of [`Self::to_sequence`]: a sequence `[N, height·width, C]` as a map `[N, C, height, width]`.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if `sequence` has not three dimensions or another length than `height · width`;
    /// [`Error::Libtorch`] if memory runs out.
    pub fn to_map(self, sequence: &Tensor, height: i64, width: i64) -> Result<Tensor, Error> {
        match sequence.size()[..] {
            [batch, length, channels]
                if height > 0 && width > 0 && height.checked_mul(width) == Some(length) =>
            {
                let reading = self.reading(height, width);
                let mut place = vec![0; reading.len()];
                for (step, cell) in reading.iter().enumerate() {
                    place[*cell as usize] = step as i64;
                }
                let place = Tensor::f_from_slice(&place)?.f_to_device(sequence.device())?;
                let cells = sequence.f_index_select(1, &place)?;
                Ok(cells.f_transpose(1, 2)?.f_contiguous()?.f_view([batch, channels, height, width])?)
            }
            _ => Err(Error::Shape {
                what: "the sequence".into(),
                expected: format!("[N, {height} x {width}, C]"),
                found: sequence.size(),
            }),
        }
    }

    /// For each step, which cell is read, counted row by row.
    fn reading(self, height: i64, width: i64) -> Vec<i64> {
        let cells = self.positions(height as usize, width as usize);
        cells.into_iter().map(|(row, column)| row as i64 * width + column as i64).collect()
    }
}

fn spiral(height: usize, width: usize) -> Vec<(usize, usize)> {
    let mut cells = Vec::with_capacity(height * width);
    let (mut top, mut bottom, mut left, mut right) = (0, height, 0, width);
    while top < bottom && left < right {
        cells.extend((left..right).map(|column| (top, column)));
        cells.extend((top + 1..bottom).map(|row| (row, right - 1)));
        // A ring of one row or one column has no way back.
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_order_visits_every_cell_once_and_has_an_inverse(height in 1_usize..9, width in 1_usize..9) {
            for order in SequenceOrder::ALL {
                let mut cells = order.positions(height, width);
                let map = Tensor::arange((2 * 3 * height * width) as i64, tch::kind::FLOAT_CPU)
                    .view([2, 3, height as i64, width as i64]);
                let sequence = order.to_sequence(&map).unwrap();
                prop_assert_eq!(order.to_map(&sequence, height as i64, width as i64).unwrap(), map);
                cells.sort_unstable();
                prop_assert_eq!(cells, SequenceOrder::Horizontal.positions(height, width));
            }
        }

        #[test]
        fn a_spiral_goes_from_neighbour_to_neighbour(height in 1_usize..9, width in 1_usize..9) {
            let cells = SequenceOrder::Spiral.positions(height, width);
            for pair in cells.windows(2) {
                prop_assert_eq!(pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1), 1);
            }
        }
    }

    #[test]
    fn a_tensor_of_another_shape_is_an_error() {
        let flat = Tensor::zeros([2, 12], tch::kind::FLOAT_CPU);
        assert!(matches!(SequenceOrder::Spiral.to_sequence(&flat), Err(Error::Shape { .. })));
        let sequence = Tensor::zeros([1, 12, 5], tch::kind::FLOAT_CPU);
        assert!(matches!(SequenceOrder::Vertical.to_map(&sequence, 3, 5), Err(Error::Shape { .. })));
    }
}
