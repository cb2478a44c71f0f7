//! Mid-ranks in place of probabilities, so that a paired permutation exchanges orders and not scales.

use ndarray::Array2;

use crate::{Average, Metric};

/// The scores that a ranking metric orders among each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// The probabilities of one class.
    WithinClass,
    /// All N·K probabilities, as a micro average does.
    Together,
}

impl Ordered {
    /// What `metric` orders; `None` if it uses more of the probabilities than their order.
    pub(crate) fn by(metric: &Metric) -> Option<Self> {
        match metric {
            Metric::AveragedAuc(Average::Micro) | Metric::AveragedPrecision(Average::Micro) => {
                Some(Self::Together)
            }
            Metric::Auc(_)
            | Metric::AveragedAuc(_)
            | Metric::AveragePrecision(_)
            | Metric::AveragedPrecision(_)
            | Metric::OneVsOneAuc(_) => Some(Self::WithinClass),
            Metric::Accuracy
            | Metric::Averaged(..)
            | Metric::BalancedAccuracy
            | Metric::Brier
            | Metric::CalibrationError(..)
            | Metric::Class(..)
            | Metric::CohenKappa
            | Metric::LogLoss
            | Metric::MatthewsCorrelation => None,
        }
    }

    /// Each value replaced by its mid-rank, the mean rank of its ties, divided by the number of values: in (0, 1].
    pub(crate) fn ranked(self, values: &ndarray::ArrayView2<'_, f64>) -> Array2<f64> {
        match self {
            Self::Together => {
                let ranks = mid_ranks(&values.iter().copied().collect::<Vec<_>>());
                let columns = values.ncols();
                Array2::from_shape_fn(values.dim(), |(row, column)| ranks[row * columns + column])
            }
            Self::WithinClass => {
                let columns: Vec<Vec<f64>> =
                    values.columns().into_iter().map(|column| mid_ranks(&column.to_vec())).collect();
                Array2::from_shape_fn(values.dim(), |(row, column)| columns[column][row])
            }
        }
    }
}

/// Mid-ranks from 1 to N, divided by N.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // + 0.0 makes −0 and 0 one value.
    order.sort_unstable_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        // Ranks before + 1 to before + n, whose mean is before + (n + 1) / 2.
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|&at| ranks[at] = rank / values.len() as f64);
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by scipy: `scipy.stats.rankdata([0.3, 0.1, 0.3, 0.9, 0.1, 0.1], "average")` is [4.5, 2, 4.5, 6, 2, 2].
    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        let ranks = mid_ranks(&[0.3, 0.1, 0.3, 0.9, 0.1, 0.1]);
        assert_eq!(ranks, [4.5, 2.0, 4.5, 6.0, 2.0, 2.0].map(|rank| rank / 6.0));
        assert_eq!(mid_ranks(&[0.0, -0.0]), [0.75, 0.75]);
        assert_eq!(mid_ranks(&[]), [0.0; 0]);
    }

    #[test]
    fn a_micro_average_orders_all_and_the_others_order_classes() {
        let values = ndarray::array![[0.75, 0.25], [0.5, 0.5]];
        let within = Ordered::WithinClass.ranked(&values.view());
        assert_eq!(within, ndarray::array![[1.0, 0.5], [0.5, 1.0]]);
        let together = Ordered::Together.ranked(&values.view());
        assert_eq!(together, ndarray::array![[1.0, 0.25], [0.625, 0.625]]);
    }
}
