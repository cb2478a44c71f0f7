//! Scores of fixed predictions when test labels are permuted between clusters: what chance looks like on this test part.

use std::collections::HashMap;

use ndarray::ArrayView2;
use radiograph_random::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Macro AUCs under permuted test labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Null {
    /// Number of permutations in which every class had an image.
    pub permutations: u32,
    /// Mean AUC.
    pub mean: f64,
    /// Standard deviation of the AUC.
    pub deviation: f64,
    /// AUC that 95 % of the permutations stay below.
    pub upper: f64,
    /// Share of permutations, the observed one among them, whose AUC is at least the observed one.
    pub p_value: f64,
}

impl Null {
    /// Permutes the labels of these predictions. `None` if the AUC is undefined for the true labels or for most
    /// permutations.
    pub(crate) fn of(
        probabilities: ArrayView2<'_, f64>,
        labels: &[usize],
        clusters: &[&str],
        permutations: u32,
        seed: u64,
    ) -> Option<Self> {
        let ranks = MidRanks::of(probabilities);
        let observed = ranks.macro_auc(labels)?;
        let exchange = Exchange::of(clusters);
        let mut drawn: Vec<f64> = (0..u64::from(permutations))
            .into_par_iter()
            .filter_map(|number| {
                let mut stream = Stream::new(seed, "audit: test labels").numbered(number);
                ranks.macro_auc(&exchange.permuted(labels, &mut stream))
            })
            .collect();
        if 2 * drawn.len() < permutations as usize {
            return None;
        }
        let count = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / count;
        let deviation = (drawn.iter().map(|auc| (auc - mean).powi(2)).sum::<f64>() / count).sqrt();
        // Equal AUCs that were summed in another order count as equal.
        let reached = drawn.iter().filter(|auc| **auc >= observed - 1e-12).count() as f64;
        drawn.sort_unstable_by(f64::total_cmp);
        let upper = radiograph_metrics::quantile(&drawn, 0.95).ok()?;
        Some(Self {
            permutations: drawn.len() as u32, // no more than were asked for
            mean,
            deviation,
            upper,
            p_value: (reached + 1.0) / (count + 1.0),
        })
    }
}

/// Mean over classes of the AUC against the rest; `None` if a class has no image or all images.
pub(crate) fn macro_auc(probabilities: ArrayView2<'_, f64>, labels: &[usize]) -> Option<f64> {
    MidRanks::of(probabilities).macro_auc(labels)
}

/// Exchange of labels between clusters. A cluster gets the labels of another one, repeated or cut to its own number of
/// images, so that images of one patient keep a common label where they had one.
pub(crate) struct Exchange(Vec<Vec<usize>>);

impl Exchange {
    pub(crate) fn of(clusters: &[&str]) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, cluster) in clusters.iter().enumerate() {
            let number = *numbers.entry(cluster).or_insert(members.len());
            if number == members.len() {
                members.push(Vec::new());
            }
            members[number].push(row);
        }
        Self(members)
    }

    pub(crate) fn permuted(&self, labels: &[usize], stream: &mut Stream) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        stream.shuffle(&mut order);
        let mut permuted = vec![0; labels.len()];
        for (to, from) in self.0.iter().zip(order) {
            for (&row, &from) in to.iter().zip(self.0[from].iter().cycle()) {
                permuted[row] = labels[from];
            }
        }
        permuted
    }
}

/// Ranks of the probabilities of each class, ties shared.
struct MidRanks(Vec<Vec<f64>>);

impl MidRanks {
    fn of(probabilities: ArrayView2<'_, f64>) -> Self {
        let ranks = |column: ndarray::ArrayView1<'_, f64>| {
            let mut order: Vec<usize> = (0..column.len()).collect();
            order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
            let mut ranks = vec![0.0; column.len()];
            let mut below = 0;
            for tied in order.chunk_by(|&a, &b| column[a] == column[b]) {
                let rank = below as f64 + (tied.len() + 1) as f64 / 2.0;
                tied.iter().for_each(|&row| ranks[row] = rank);
                below += tied.len();
            }
            ranks
        };
        Self(probabilities.columns().into_iter().map(ranks).collect())
    }

    /// Mean over classes of Mann and Whitney's AUC against the rest; `None` if a class has no image or all images.
    fn macro_auc(&self, labels: &[usize]) -> Option<f64> {
        let mut sum = 0.0;
        for (class, ranks) in self.0.iter().enumerate() {
            let (mut count, mut of_class) = (0.0, 0.0);
            for (rank, label) in ranks.iter().zip(labels) {
                if *label == class {
                    count += 1.0;
                    of_class += rank;
                }
            }
            let rest = labels.len() as f64 - count;
            if count == 0.0 || rest == 0.0 {
                return None;
            }
            sum += (of_class - count * (count + 1.0) / 2.0) / (count * rest);
        }
        Some(sum / self.0.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// The example of scikit-learn's `roc_auc_score`: labels 0, 0, 1, 1, scores 0.1, 0.4, 0.35, 0.8, AUC 0.75.
    #[test]
    fn areas_are_those_of_scikit_learn() {
        let probabilities = array![[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]];
        assert_eq!(MidRanks::of(probabilities.view()).macro_auc(&[0, 0, 1, 1]), Some(0.75));
        let tied = array![[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]];
        assert_eq!(MidRanks::of(tied.view()).macro_auc(&[0, 1, 1]), Some(0.5));
        assert_eq!(MidRanks::of(tied.view()).macro_auc(&[1, 1, 1]), None);
    }

    /// With 3 positives of 6 clusters and perfect ranks, 1 of 20 arrangements is as good: p tends to 1/20.
    #[test]
    fn p_values_are_shares_of_arrangements() {
        let probabilities = ndarray::Array2::from_shape_fn((6, 2), |(row, class)| {
            let high = (row as f64 + 1.0) / 10.0;
            if class == 1 { high } else { 1.0 - high }
        });
        let clusters = ["a", "b", "c", "d", "e", "f"];
        let null = Null::of(probabilities.view(), &[0, 0, 0, 1, 1, 1], &clusters, 20_000, 7).unwrap();
        assert!((null.p_value - 0.05).abs() < 0.006, "{}", null.p_value);
        assert!((null.mean - 0.5).abs() < 0.006, "{}", null.mean);
        // Variance of the rank-sum AUC: (n + m + 1) / (12 n m) = 7 / 108.
        assert!((null.deviation - (7.0_f64 / 108.0).sqrt()).abs() < 0.005, "{}", null.deviation);
    }

    #[test]
    fn clusters_keep_common_labels() {
        let clusters = ["a", "a", "a", "b", "c", "c"];
        let labels = [0, 0, 0, 1, 2, 2];
        let exchange = Exchange::of(&clusters);
        let mut moved = 0;
        for seed in 0..50 {
            let permuted = exchange.permuted(&labels, &mut Stream::new(seed, "test"));
            assert!(permuted[0] == permuted[1] && permuted[1] == permuted[2] && permuted[4] == permuted[5]);
            let mut seen = [permuted[0], permuted[3], permuted[4]];
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2]);
            moved += usize::from(permuted[0] != 0);
        }
        assert!((20..46).contains(&moved), "{moved}");
    }
}
