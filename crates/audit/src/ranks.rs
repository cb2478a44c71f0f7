//! Macro AUC of fixed predictions when images have weights, as in resamples of clusters.

use ndarray::ArrayView2;

/// Images sorted by the probability of each class, with their labels.
pub(crate) struct WeightedRanks {
    labels: Vec<usize>,
    /// For each class, groups of images that share a probability, ascending.
    sorted: Vec<Vec<Vec<usize>>>,
}

impl WeightedRanks {
    pub(crate) fn of(probabilities: ArrayView2<'_, f64>, labels: &[usize]) -> Self {
        let sorted = |column: ndarray::ArrayView1<'_, f64>| {
            let mut order: Vec<usize> = (0..column.len()).collect();
            order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
            order.chunk_by(|&a, &b| column[a] == column[b]).map(<[usize]>::to_vec).collect()
        };
        Self { labels: labels.to_vec(), sorted: probabilities.columns().into_iter().map(sorted).collect() }
    }

    /// Mean over classes of the AUC against the rest, ties half; `None` if a class has no weight or all of it.
    pub(crate) fn macro_auc(&self, weights: &[f64]) -> Option<f64> {
        let mut sum = 0.0;
        for (class, groups) in self.sorted.iter().enumerate() {
            let (mut below, mut of_class, mut above) = (0.0, 0.0, 0.0);
            for group in groups {
                let (mut positive, mut negative) = (0.0, 0.0);
                for &image in group {
                    if self.labels[image] == class {
                        positive += weights[image];
                    } else {
                        negative += weights[image];
                    }
                }
                above += positive * (below + negative / 2.0);
                below += negative;
                of_class += positive;
            }
            if of_class == 0.0 || below == 0.0 {
                return None;
            }
            sum += above / (of_class * below);
        }
        Some(sum / self.sorted.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// scikit-learn's `roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])` is 0.75; with `sample_weight = [1, 2, 1, 1]` it
    /// is 4 / 6.
    #[test]
    fn areas_are_those_of_scikit_learn() {
        let probabilities = array![[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]];
        let ranks = WeightedRanks::of(probabilities.view(), &[0, 0, 1, 1]);
        assert_eq!(ranks.macro_auc(&[1.0; 4]), Some(0.75));
        assert!((ranks.macro_auc(&[1.0, 2.0, 1.0, 1.0]).unwrap() - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!(ranks.macro_auc(&[0.0, 0.0, 1.0, 1.0]), None);
        let tied = array![[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]];
        assert_eq!(WeightedRanks::of(tied.view(), &[0, 1, 1]).macro_auc(&[1.0; 3]), Some(0.5));
    }
}
