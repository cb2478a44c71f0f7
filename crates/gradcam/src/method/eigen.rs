//! Eigen-CAM: the first principal component of the activations. It needs no class and no gradient.

use ndarray::{Array1, Array2, ArrayView3};
use radiograph_random::Stream;

/// Maximum number of steps of the power iteration. The ratio of the first two eigenvalues decides how many are needed;
/// a map of a few dozen places needs far fewer.
const STEPS: usize = 1000;

/// The raw map `[H, W]` of activations `[C, H, W]`: each place's coordinate along the first principal component of the
/// centred channel vectors.
///
/// The sign of a component is arbitrary. Here the map has the sign of the mean activation, so that active places are
/// positive. A constant feature map gives zeros.
pub(crate) fn eigen_cam(activations: ArrayView3<f32>) -> Array2<f64> {
    let (channels, height, width) = activations.dim();
    let places = height * width;
    // [places, channels], centred.
    let mut rows = Array2::<f64>::zeros((places, channels));
    for (channel, map) in activations.outer_iter().enumerate() {
        let mean = map.iter().map(|value| f64::from(*value)).sum::<f64>() / places as f64;
        for (place, value) in map.iter().enumerate() {
            rows[[place, channel]] = f64::from(*value) - mean;
        }
    }
    let mut map = coordinates(&rows).to_vec();
    let total: Vec<f64> = (0..places)
        .map(|place| activations.outer_iter().map(|map| f64::from(map[[place / width, place % width]])).sum())
        .collect();
    let mean = total.iter().sum::<f64>() / places as f64;
    if map.iter().zip(&total).map(|(entry, total)| entry * (total - mean)).sum::<f64>() < 0.0 {
        map.iter_mut().for_each(|entry| *entry = -*entry);
    }
    Array2::from_shape_fn((height, width), |(row, column)| map[row * width + column])
}

/// The coordinates of centred `rows [places, channels]` along their first principal component. It uses the smaller one
/// of rows · rowsᵀ and rowsᵀ · rows, which have the same non-zero eigenvalues: deep maps have more channels than
/// places, and shallow maps have many thousand places.
fn coordinates(rows: &Array2<f64>) -> Array1<f64> {
    if rows.nrows() <= rows.ncols() {
        // The leading eigenvector of rows · rowsᵀ, times the root of its eigenvalue, is the vector of coordinates.
        let (vector, value) = leading(&rows.dot(&rows.t()));
        vector * value.max(0.0).sqrt()
    } else {
        // The leading eigenvector of rowsᵀ · rows is the component itself.
        rows.dot(&leading(&rows.t().dot(rows)).0)
    }
}

/// The leading eigenvector, of length 1, and its eigenvalue, of a symmetric matrix without negative eigenvalues. If the
/// matrix is zero, it returns any vector and 0.
fn leading(matrix: &Array2<f64>) -> (Array1<f64>, f64) {
    // The start is random, because a column of the matrix may be another eigenvector, which the iteration never leaves.
    let mut stream = Stream::new(0, "eigen-cam");
    let mut vector = Array1::from_shape_simple_fn(matrix.nrows(), || stream.normal());
    let mut value = 0.0;
    for _ in 0..STEPS {
        let length = vector.dot(&vector).sqrt();
        if length == 0.0 {
            return (vector, 0.0);
        }
        vector /= length;
        let next = matrix.dot(&vector);
        let rayleigh = vector.dot(&next);
        let done = (rayleigh - value).abs() <= 1e-15 * rayleigh;
        value = rayleigh;
        if done {
            break;
        }
        vector = next;
    }
    let length = vector.dot(&vector).sqrt();
    (vector / length, value)
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn one_pattern_in_all_channels_is_found_with_its_sign() {
        let pattern = [0.0, 1.0, 4.0, 2.0, 0.0, 1.0];
        let mut values = Vec::new();
        for scale in [1.0, 2.0, 0.5] {
            values.extend(pattern.map(|value| (value * scale) as f32));
        }
        let map = eigen_cam(Array3::from_shape_vec((3, 2, 3), values).unwrap().view());
        let mean = pattern.iter().sum::<f64>() / 6.0;
        // The channel vectors lie on the line (1, 2, 0.5), whose length is √5.25.
        for (got, pattern) in map.iter().zip(pattern) {
            assert!((got - (pattern - mean) * 5.25_f64.sqrt()).abs() < 1e-6, "{map}");
        }
    }

    /// Exchanging rows and columns turns one matrix of products into the other, so their singular vectors agree.
    #[test]
    fn both_matrices_of_products_give_the_same_coordinates() {
        let value =
            |place: usize, channel: usize| ((place * 5 + channel * 3) as f64).sin() * (channel + 1) as f64;
        let rows = Array2::from_shape_fn((7, 4), |(place, channel)| value(place, channel));
        // With more uninformative channels, the other matrix is the smaller one.
        let wide = Array2::from_shape_fn(
            (7, 9),
            |(place, channel)| {
                if channel < 4 { value(place, channel) } else { 0.0 }
            },
        );
        let (narrow, wide) = (coordinates(&rows), coordinates(&wide));
        let sign = narrow.dot(&wide).signum();
        for (narrow, wide) in narrow.iter().zip(&wide) {
            assert!((narrow - sign * wide).abs() < 1e-6, "{narrow} {wide}");
        }
    }

    #[test]
    fn a_large_map_of_few_channels_takes_no_matrix_of_all_places() {
        // 224 x 224 places: the square of their number would be 20 GB.
        let pattern = |row: usize, column: usize| ((row * 224 + column) as f64).sin();
        let map = eigen_cam(
            Array3::from_shape_fn((2, 224, 224), |(channel, row, column)| {
                (pattern(row, column) * [3.0, 4.0][channel]) as f32
            })
            .view(),
        );
        for (row, column) in [(0, 0), (100, 7), (223, 223)] {
            let (got, expected) = (map[[row, column]], 5.0 * pattern(row, column));
            assert!((got - expected).abs() < 1e-3, "{got} {expected}");
        }
    }

    /// One channel varies alone, with variance 2; two vary together, with 1.9 each, 3.8 along their diagonal.
    #[test]
    fn the_channel_that_varies_most_is_not_taken_for_the_component() {
        let matrix = ndarray::array![[2.0, 0.0, 0.0], [0.0, 1.9, 1.9], [0.0, 1.9, 1.9]];
        let (vector, value) = leading(&matrix);
        assert!((value - 3.8).abs() < 1e-9 && vector[0].abs() < 1e-6, "{value} {vector}");
    }

    #[test]
    fn a_flat_feature_map_has_no_component() {
        let map = eigen_cam(Array3::<f32>::ones((4, 3, 3)).view());
        assert!(map.iter().all(|value| *value == 0.0), "{map}");
    }
}
