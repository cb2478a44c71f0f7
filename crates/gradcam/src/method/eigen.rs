//! Eigen-CAM: where the activations vary together. Asks no class and no gradient.

use ndarray::{Array2, ArrayView3};

/// Steps of the power iteration; the ratio of the first two eigenvalues decides how many are needed, and a map of a few
/// dozen places is done long before.
const STEPS: usize = 1000;

/// The raw map `[H, W]` of activations `[C, H, W]`: each place's coordinate along the first principal component of the
/// places' channel vectors, less their mean.
///
/// The sign of a component is arbitrary; here the map agrees in sign with the mean activation, so that active places
/// come out positive. A feature map that is the same everywhere gives zeros.
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
    // There are fewer places than channels, so the component is found among the places: the leading eigenvector of
    // rows · rowsᵀ, times the root of its eigenvalue, is the vector of coordinates.
    let products = rows.dot(&rows.t());
    let (vector, value) = leading(&products);
    let mut map: Vec<f64> = vector.iter().map(|entry| entry * value.max(0.0).sqrt()).collect();
    let total: Vec<f64> = (0..places)
        .map(|place| activations.outer_iter().map(|map| f64::from(map[[place / width, place % width]])).sum())
        .collect();
    let mean = total.iter().sum::<f64>() / places as f64;
    if map.iter().zip(&total).map(|(entry, total)| entry * (total - mean)).sum::<f64>() < 0.0 {
        map.iter_mut().for_each(|entry| *entry = -*entry);
    }
    Array2::from_shape_fn((height, width), |(row, column)| map[row * width + column])
}

/// The leading eigenvector, of length 1, and eigenvalue of a symmetric matrix without negative eigenvalues.
fn leading(matrix: &Array2<f64>) -> (ndarray::Array1<f64>, f64) {
    // The column with the largest diagonal has a part along the leading eigenvector, unless the matrix is zero.
    let start = (0..matrix.nrows())
        .fold(0, |best, row| if matrix[[row, row]] > matrix[[best, best]] { row } else { best });
    let mut vector = matrix.column(start).to_owned();
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

    #[test]
    fn a_flat_feature_map_has_no_component() {
        let map = eigen_cam(Array3::<f32>::ones((4, 3, 3)).view());
        assert!(map.iter().all(|value| *value == 0.0), "{map}");
    }
}
