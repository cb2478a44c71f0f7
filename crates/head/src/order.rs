//! Converts feature maps to sequences and back, in a [`SequenceOrder`].

use radiograph_protocol::SequenceOrder;
use tch::Tensor;

use crate::Error;

/// A feature map `[N, C, H, W]` as a sequence `[N, H·W, C]`.
///
/// # Errors
///
/// [`Error::Shape`] if `map` does not have four dimensions, [`Error::Libtorch`] if memory runs out.
pub fn to_sequence(order: SequenceOrder, map: &Tensor) -> Result<Tensor, Error> {
    let [_, _, height, width] = map.size()[..] else {
        return Err(Error::Shape {
            what: "the feature map".into(),
            expected: "[N, C, H, W]".into(),
            found: map.size(),
        });
    };
    let cells = map.f_flatten(2, 3)?; // [N, C, H·W]
    let ordered = match order {
        SequenceOrder::Horizontal => cells,
        _ => {
            let reading = Tensor::f_from_slice(&cells_in(order, height, width))?;
            cells.f_index_select(2, &reading.f_to_device(map.device())?)?
        }
    };
    Ok(ordered.f_transpose(1, 2)?.f_contiguous()?)
}

/// The inverse of [`to_sequence`]: a sequence `[N, height·width, C]` as a map `[N, C, height, width]`.
///
/// # Errors
///
/// [`Error::Shape`] if `sequence` does not have three dimensions and the length `height · width`, [`Error::Libtorch`]
/// if memory runs out.
pub fn to_map(order: SequenceOrder, sequence: &Tensor, height: i64, width: i64) -> Result<Tensor, Error> {
    match sequence.size()[..] {
        [batch, length, channels] if height > 0 && width > 0 && height.checked_mul(width) == Some(length) => {
            let reading = cells_in(order, height, width);
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

/// The cell of each step, counted row by row.
fn cells_in(order: SequenceOrder, height: i64, width: i64) -> Vec<i64> {
    let cells = order.positions(height as usize, width as usize);
    cells.into_iter().map(|(row, column)| row as i64 * width + column as i64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_order_has_an_inverse(height in 1_i64..9, width in 1_i64..9) {
            for order in SequenceOrder::ALL {
                let map = Tensor::arange(2 * 3 * height * width, tch::kind::FLOAT_CPU)
                    .view([2, 3, height, width]);
                let sequence = to_sequence(order, &map).unwrap();
                prop_assert_eq!(to_map(order, &sequence, height, width).unwrap(), map);
            }
        }
    }

    #[test]
    fn a_tensor_of_another_shape_is_an_error() {
        let flat = Tensor::zeros([2, 12], tch::kind::FLOAT_CPU);
        assert!(matches!(to_sequence(SequenceOrder::Spiral, &flat), Err(Error::Shape { .. })));
        let sequence = Tensor::zeros([1, 12, 5], tch::kind::FLOAT_CPU);
        assert!(matches!(to_map(SequenceOrder::Vertical, &sequence, 3, 5), Err(Error::Shape { .. })));
    }
}
