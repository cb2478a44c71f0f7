//! Compares maps by the order of their places: Spearman's rank correlation of the raw values.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::saliency::same_size;
use crate::{GradcamError, HeatMap, Method};

/// Spearman's rank correlation of two raw maps, in [-1, 1]; equal values share their mean rank. `None` if one of them
/// is constant, because it then has no order.
///
/// The randomisation test (Adebayo et al., NeurIPS 2018) compares maps of a trained head with maps of the same head
/// after randomisation. A method whose maps stay similar shows the image, not the model.
///
/// # Errors
///
/// If the maps differ in size.
pub fn rank_correlation(first: &HeatMap, second: &HeatMap) -> Result<Option<f64>, GradcamError> {
    same_size("the second map", second.size(), first.size())?;
    let (a, b) = (ranks(first.raw()), ranks(second.raw()));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = product(&a, &a) * product(&b, &b);
    Ok((spread > 0.0).then(|| product(&a, &b) / spread.sqrt()))
}

/// Ranks from 0; equal values share their mean rank.
fn ranks(values: &Array2<f64>) -> Vec<f64> {
    let values: Vec<f64> = values.iter().copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = below as f64 + (tie.len() as f64 - 1.0) / 2.0;
        tie.iter().for_each(|place| ranks[*place] = rank);
        below += tie.len();
    }
    ranks
}

/// Agreement of two methods about one image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// One method.
    pub first: Method,
    /// The other.
    pub second: Method,
    /// [`rank_correlation`] of their maps.
    pub rank_correlation: Option<f64>,
}

/// Compares every pair of maps of one image.
///
/// # Errors
///
/// If the maps differ in size.
pub fn agreement(maps: &[(Method, &HeatMap)]) -> Result<Vec<Agreement>, GradcamError> {
    let pairs = maps
        .iter()
        .enumerate()
        .flat_map(|(place, first)| maps[place + 1..].iter().map(move |second| (first, second)));
    pairs
        .map(|((first, a), (second, b))| {
            Ok(Agreement { first: *first, second: *second, rank_correlation: rank_correlation(a, b)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// `scipy.stats.spearmanr([1, 2, 2, 5, 0, 3], [2, 1, 4, 4, -1, 0])`, with ties in both.
    const SCIPY: f64 = 0.485_294_117_647_058_9;

    #[test]
    fn ties_share_their_rank_as_in_scipy() {
        let first = HeatMap::new(array![[1.0, 2.0, 2.0], [5.0, 0.0, 3.0]]);
        let second = HeatMap::new(array![[2.0, 1.0, 4.0], [4.0, -1.0, 0.0]]);
        let got = rank_correlation(&first, &second).unwrap().unwrap();
        assert!((got - SCIPY).abs() < 1e-12, "{got}");
    }

    #[test]
    fn a_flat_map_orders_nothing() {
        let (flat, other) =
            (HeatMap::new(Array2::ones((2, 2))), HeatMap::new(array![[1.0, 2.0], [3.0, 4.0]]));
        assert_eq!(rank_correlation(&flat, &other).unwrap(), None);
        assert_eq!(rank_correlation(&other, &other).unwrap(), Some(1.0));
    }

    #[test]
    fn three_methods_make_three_pairs() {
        let (up, down) =
            (HeatMap::new(array![[1.0, 2.0], [3.0, 4.0]]), HeatMap::new(array![[4.0, 3.0], [2.0, 1.0]]));
        let pairs =
            agreement(&[(Method::GradCam, &up), (Method::LayerCam, &down), (Method::EigenCam, &up)]).unwrap();
        let found: Vec<_> = pairs.iter().map(|pair| pair.rank_correlation).collect();
        assert_eq!(found, [Some(-1.0), Some(1.0), Some(-1.0)]);
    }
}
