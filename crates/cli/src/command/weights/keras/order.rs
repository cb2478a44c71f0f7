//! Brings the values of Keras's layers into the order of torchvision's.

/// Order in which Keras stores a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As here.
    Same,
    /// A kernel `[height, width, in, out]`, here `[out, in, height, width]`.
    Kernel,
    /// A matrix `[in, out]`, here `[out, in]`.
    Matrix,
    /// The matrix behind VGG19's last map: `[height · width · channel, out]`, here `[out, channel · height · width]`, with
    /// 7 × 7 cells.
    BehindMap,
}

impl Order {
    /// The shape here of a tensor that is stored with this one; `None` if the order does not fit.
    pub(super) fn shape(self, stored: &[usize]) -> Option<Vec<usize>> {
        match (self, stored) {
            (Self::Same, shape) => Some(shape.to_vec()),
            (Self::Kernel, &[height, width, input, output]) => Some(vec![output, input, height, width]),
            (Self::Matrix, &[input, output]) => Some(vec![output, input]),
            (Self::BehindMap, &[input, output]) if input % 49 == 0 => Some(vec![output, input]),
            _ => None,
        }
    }

    /// The values in the order here. `stored` is a shape that fits.
    pub(super) fn apply(self, values: Vec<f32>, stored: &[usize]) -> Vec<f32> {
        // As sides [cell, channel, out], of which the result is [out, channel, cell].
        let [cells, channels, outputs] = match (self, stored) {
            (Self::Kernel, &[height, width, input, output]) => [height * width, input, output],
            (Self::Matrix, &[input, output]) => [1, input, output],
            (Self::BehindMap, &[input, output]) => [49, input / 49, output],
            _ => return values,
        };
        let mut ordered = Vec::with_capacity(values.len());
        for output in 0..outputs {
            for channel in 0..channels {
                let at = |cell: usize| values[(cell * channels + channel) * outputs + output];
                ordered.extend((0..cells).map(at));
            }
        }
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy: `np.arange(24).reshape(2, 1, 3, 4).transpose(3, 2, 0, 1)`.
    #[test]
    fn kernels_are_transposed_as_numpy_does_it() {
        let values: Vec<f32> = (0..24_u8).map(f32::from).collect();
        let ordered = Order::Kernel.apply(values.clone(), &[2, 1, 3, 4]);
        assert_eq!(Order::Kernel.shape(&[2, 1, 3, 4]), Some(vec![4, 3, 2, 1]));
        assert_eq!(ordered[..8], [0.0, 12.0, 4.0, 16.0, 8.0, 20.0, 1.0, 13.0]);
        let ordered = Order::Matrix.apply(values, &[6, 4]);
        assert_eq!(ordered[..7], [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 1.0]);
    }

    /// NumPy: `np.arange(294).reshape(7, 7, 3, 2).transpose(3, 2, 0, 1).reshape(2, 147)`.
    #[test]
    fn the_matrix_behind_a_map_goes_channel_by_channel() {
        let values: Vec<f32> = (0..294_u16).map(f32::from).collect();
        let ordered = Order::BehindMap.apply(values, &[147, 2]);
        assert_eq!((ordered[0], ordered[1], ordered[49], ordered[147]), (0.0, 6.0, 2.0, 1.0));
        assert_eq!(Order::BehindMap.shape(&[50, 2]), None);
    }
}
