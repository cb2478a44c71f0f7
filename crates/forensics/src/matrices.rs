//! Margins of a confusion matrix, and a search for all matrices with given margins.

use std::ops::ControlFlow;

use radiograph_metrics::BinaryCounts;
use serde::{Deserialize, Serialize};

use super::{MAX_PRINTED_CLASSES, candidates::Candidate};

/// The numbers of a confusion matrix that determine precision, recall, F1 and accuracy: for each class its samples, its
/// correct samples, and the samples predicted to be of it.
///
/// With two classes, the margins determine the matrix. With more classes, many matrices may have the same margins, and
/// no such table can distinguish them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Margins {
    /// Samples of each class.
    pub support: Vec<u64>,
    /// Correct samples of each class: the diagonal.
    pub correct: Vec<u64>,
    /// Samples predicted to be of each class: the column sums.
    pub predicted: Vec<u64>,
}

impl Margins {
    /// Calls `visit` with the counts `[K, K]` of every matrix with these margins, row-major with rows as truth, until
    /// `visit` breaks. There may be very many matrices.
    pub fn for_each_matrix(&self, visit: &mut dyn FnMut(&[u64]) -> ControlFlow<()>) -> ControlFlow<()> {
        let size = self.support.len();
        if [self.correct.len(), self.predicted.len()] != [size; 2] || size > MAX_PRINTED_CLASSES {
            return ControlFlow::Continue(()); // read from a file that someone changed
        }
        let Some((missed, false_alarms)) = self.errors() else { return ControlFlow::Continue(()) };
        let mut cells = vec![0; size * size];
        for (class, &correct) in self.correct.iter().enumerate() {
            cells[class * size + class] = correct;
        }
        Filling { size, missed: &missed, false_alarms, cells, visit }.row(0)
    }

    /// For each class, its samples that were predicted otherwise, and samples of other classes that were predicted to
    /// be of it. `None` if no matrix has these margins, or if its samples cannot be counted in 64 bits.
    fn errors(&self) -> Option<(Vec<u64>, Vec<u64>)> {
        let sum = |counts: &[u64]| counts.iter().try_fold(0_u64, |sum: u64, &count| sum.checked_add(count));
        let less_correct = |counts: &[u64]| -> Option<Vec<u64>> {
            counts.iter().zip(&self.correct).map(|(count, correct)| count.checked_sub(*correct)).collect()
        };
        let equal = sum(&self.support)? == sum(&self.predicted)?;
        equal.then_some((less_correct(&self.support)?, less_correct(&self.predicted)?))
    }

    /// One class against the rest.
    pub(super) fn one_vs_rest(&self, class: usize) -> BinaryCounts {
        let total: u64 = self.support.iter().sum();
        let (support, correct, predicted) = (self.support[class], self.correct[class], self.predicted[class]);
        BinaryCounts {
            true_positives: correct,
            false_positives: predicted - correct,
            false_negatives: support - correct,
            true_negatives: total + correct - support - predicted,
        }
    }
}

/// Appends the margins within one box; returns false if `limit` cut the list short.
pub(super) fn unpack(
    supports: &[i64],
    boxed: &[Candidate],
    limit: usize,
    margins: &mut Vec<Margins>,
) -> bool {
    let counts = |values: &mut dyn Iterator<Item = i64>| values.map(|count| count as u64).collect(); // none is negative
    choose_predicted(boxed, supports.iter().sum(), &mut Vec::new(), &mut |predicted| {
        if margins.len() == limit {
            return false;
        }
        margins.push(Margins {
            support: counts(&mut supports.iter().copied()),
            correct: counts(&mut boxed.iter().map(|candidate| candidate.correct)),
            predicted: counts(&mut predicted.iter().copied()),
        });
        true
    })
}

/// Calls `visit` with all choices of predicted counts within the box that sum to `left`, until it returns false.
fn choose_predicted(
    boxed: &[Candidate],
    left: i64,
    chosen: &mut Vec<i64>,
    visit: &mut dyn FnMut(&[i64]) -> bool,
) -> bool {
    let Some((here, later)) = boxed[chosen.len()..].split_first() else { return visit(chosen) };
    let least: i64 = later.iter().map(|candidate| candidate.predicted_low).sum();
    let most: i64 = later.iter().map(|candidate| candidate.predicted_high).sum();
    for predicted in here.predicted_low.max(left - most)..=here.predicted_high.min(left - least) {
        chosen.push(predicted);
        let go_on = choose_predicted(boxed, left - predicted, chosen, visit);
        chosen.pop();
        if !go_on {
            return false;
        }
    }
    true
}

/// A matrix whose off-diagonal cells are being filled, row by row.
struct Filling<'a> {
    size: usize,
    missed: &'a [u64],
    /// Number of samples that each column still has to receive.
    false_alarms: Vec<u64>,
    cells: Vec<u64>,
    visit: &'a mut dyn FnMut(&[u64]) -> ControlFlow<()>,
}

impl Filling<'_> {
    /// Fills the rows from `row` on.
    fn row(&mut self, row: usize) -> ControlFlow<()> {
        if row == self.size {
            return (self.visit)(&self.cells);
        }
        // The rows that remain can be filled exactly if none must give more than the other columns still take.
        let open: u64 = self.false_alarms.iter().sum();
        if (row..self.size).any(|later| self.missed[later] > open - self.false_alarms[later]) {
            return ControlFlow::Continue(());
        }
        self.cell(row, 0, self.missed[row])
    }

    /// Fills the cells of `row` from `column` on with the `left` remaining samples.
    fn cell(&mut self, row: usize, column: usize, left: u64) -> ControlFlow<()> {
        if column == self.size {
            return if left > 0 { ControlFlow::Continue(()) } else { self.row(row + 1) };
        }
        if column == row {
            return self.cell(row, column + 1, left);
        }
        let later: u64 = (column + 1..self.size).filter(|&c| c != row).map(|c| self.false_alarms[c]).sum();
        for count in left.saturating_sub(later)..=left.min(self.false_alarms[column]) {
            self.cells[row * self.size + column] = count;
            self.false_alarms[column] -= count;
            let flow = self.cell(row, column + 1, left - count);
            self.false_alarms[column] += count;
            flow?;
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn margins_that_no_matrix_has_are_visited_never() {
        let most = u64::MAX;
        for text in [
            // Sums beyond 64 bits, more correct than there are, other sums of rows than of columns, other lengths.
            format!(r#"{{"support":[{most},{most}],"correct":[0,0],"predicted":[{most},{most}]}}"#),
            format!(r#"{{"support":[{most},2,1],"correct":[0,0,0],"predicted":[1,2,{most}]}}"#),
            r#"{"support":[3,5],"correct":[4,4],"predicted":[4,4]}"#.to_owned(),
            r#"{"support":[3,5],"correct":[3,4],"predicted":[4,5]}"#.to_owned(),
            r#"{"support":[3,5],"correct":[3],"predicted":[3,5]}"#.to_owned(),
        ] {
            let margins: Margins = serde_json::from_str(&text).unwrap();
            let flow = margins.for_each_matrix(&mut |_| panic!("{text}"));
            assert!(flow.is_continue());
        }
    }

    #[test]
    fn every_matrix_is_visited_once() {
        // Counted by brute force over all off-diagonal cells of up to 4.
        let margins = Margins { support: vec![9, 8, 7], correct: vec![5, 6, 4], predicted: vec![8, 9, 7] };
        let mut seen = BTreeSet::new();
        let flow = margins.for_each_matrix(&mut |cells| {
            assert!(seen.insert(cells.to_vec()));
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        let mut brute = BTreeSet::new();
        for code in 0..5_u64.pow(6) {
            let cell = |at: u32| code / 5_u64.pow(at) % 5;
            let m = [[5, cell(0), cell(1)], [cell(2), 6, cell(3)], [cell(4), cell(5), 4]];
            let rows = m.iter().map(|row| row.iter().sum::<u64>()).collect::<Vec<_>>();
            let columns = (0..3).map(|k| m.iter().map(|row| row[k]).sum::<u64>()).collect::<Vec<_>>();
            if rows == margins.support && columns == margins.predicted {
                brute.insert(m.concat());
            }
        }
        assert!(brute.len() > 1);
        assert_eq!(seen, brute);
    }
}
