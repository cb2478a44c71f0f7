//! Lists, for each class, the possible numbers of correct and predicted samples, and the printed cells that they
//! contradict.

use super::{Column, printed::Bounds};

/// A number of correct samples of the class, and a range of numbers of samples predicted to be of it, which all
/// contradict the same printed cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) correct: i64,
    pub(super) predicted_low: i64,
    pub(super) predicted_high: i64,
    /// The contradicted cells.
    pub(super) wrong: Wrong,
}

/// A set of printed columns, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wrong(u8);

impl Wrong {
    pub(super) fn has(self, column: Column) -> bool {
        self.0 & bit(column) != 0
    }

    pub(super) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    fn with(self, column: Column, wrong: bool) -> Self {
        Self(if wrong { self.0 | bit(column) } else { self.0 })
    }
}

fn bit(column: Column) -> u8 {
    1 << column as u8
}

/// Maximum number of wrong cells of one class: precision, recall, F1 and accuracy.
pub(super) const MOST_WRONG: usize = 4;

/// Printed cells of one class under one reading: the meaning of each cell, and its column.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClassCells {
    pub(super) support: i64,
    pub(super) missed: Option<i64>,
    pub(super) precision: Option<(Bounds, Column)>,
    pub(super) recall: Option<(Bounds, Column)>,
    pub(super) f1: Option<(Bounds, Column)>,
    /// Accuracy one-vs-rest. The accuracy of the whole table does not belong to a class.
    pub(super) accuracy: Option<(Bounds, Column)>,
}

impl ClassCells {
    /// Number of printed cells.
    pub(super) fn len(&self) -> usize {
        [self.precision, self.recall, self.f1, self.accuracy].iter().flatten().count()
    }

    /// All candidates among `total` samples, by the number of cells that they contradict; in each list, `correct`
    /// ascends.
    pub(super) fn candidates(&self, total: i64) -> [Vec<Candidate>; MOST_WRONG + 1] {
        let mut by_wrong: [Vec<Candidate>; MOST_WRONG + 1] = Default::default();
        let (first, last) = match self.missed {
            Some(missed) => (self.support - missed, self.support - missed),
            None => (0, self.support),
        };
        let recall = self.recall.map(|(bounds, column)| (bounds.numerators(self.support), column));
        let accuracy = self.accuracy.map(|(bounds, column)| (bounds.numerators(total), column));
        for correct in first.max(0)..=last {
            let always = match recall {
                Some(((low, high), column)) => {
                    Wrong::default().with(column, !(low..=high).contains(&correct))
                }
                None => Wrong::default(),
            };
            let fits = [
                self.precision.map(|(bounds, column)| (bounds.denominators(correct), column)),
                self.f1.map(|(bounds, column)| {
                    let (low, high) = bounds.denominators(2 * correct);
                    ((low - self.support, high.saturating_sub(self.support)), column)
                }),
                accuracy.map(|((low, high), column)| {
                    let without_errors = total - self.support + 2 * correct;
                    ((without_errors - high, without_errors - low), column)
                }),
            ];
            let domain = (correct, correct + total - self.support);
            for (predicted_low, predicted_high) in pieces(domain, &fits) {
                let wrong = fits.iter().flatten().fold(always, |wrong, &((low, high), column)| {
                    wrong.with(column, !(low..=high).contains(&predicted_low))
                });
                by_wrong[wrong.len()].push(Candidate { correct, predicted_low, predicted_high, wrong });
            }
        }
        by_wrong
    }
}

/// Divides the domain at the ends of the ranges.
fn pieces(domain: (i64, i64), ranges: &[Option<((i64, i64), Column)>; 3]) -> Vec<(i64, i64)> {
    let mut starts = vec![domain.0];
    for &((low, high), _) in ranges.iter().flatten().filter(|((low, high), _)| low <= high) {
        starts.extend(
            [low, high.saturating_add(1)].into_iter().filter(|at| (domain.0 + 1..=domain.1).contains(at)),
        );
    }
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([domain.1]);
    starts.iter().copied().zip(ends).collect()
}
