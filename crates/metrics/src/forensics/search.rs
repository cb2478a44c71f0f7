//! The smallest sets of cells that must be wrong for some confusion matrix to have made the rest of the table.
//!
//! A confusion matrix enters a table of precision, recall, F1 and accuracy only through three numbers a class: its
//! support, how many are correct and how many were predicted. So the search is over these margins, class by class, and
//! only those of a solution are filled into matrices. Sets of one wrong cell are tried before sets of two, and so on.

use std::collections::BTreeMap;

use super::{
    candidates::{Candidate, MOST_WRONG, Wrong},
    printed::Bounds,
};

/// All that a reading of a table demands.
pub(super) struct Problem {
    /// For each class its candidates by number of wrong cells.
    pub(super) candidates: Vec<[Vec<Candidate>; MOST_WRONG + 1]>,
    /// Printed cells of each class.
    pub(super) cells: Vec<usize>,
    pub(super) supports: Vec<i64>,
    /// The cell of the accuracy of the whole table.
    pub(super) accuracy: Option<Bounds>,
    /// Errors that the text states.
    pub(super) errors: Option<i64>,
}

/// Which cells are wrong: those of each class, and the accuracy of the whole table.
pub(super) type WrongCells = (Vec<Wrong>, bool);

/// The margins that leave exactly these cells wrong, in boxes of one candidate a class.
#[derive(Default)]
pub(super) struct Boxes {
    pub(super) boxes: Vec<Vec<Candidate>>,
    /// Whether there are more boxes than were kept.
    pub(super) more: bool,
}

/// How a search ended.
pub(super) struct Outcome {
    /// Cells that are wrong in each solution; a lower bound if there is no solution.
    pub(super) wrong: usize,
    pub(super) solutions: BTreeMap<WrongCells, Boxes>,
    /// Whether every solution of this size was found.
    pub(super) complete: bool,
}

/// Boxes of margins that are kept for one set of wrong cells.
const BOX_LIMIT: usize = 10_000;

impl Problem {
    /// Searches with at most `steps` candidates looked at.
    pub(super) fn solve(&self, steps: u64) -> Outcome {
        let all = self.cells.iter().sum::<usize>() + usize::from(self.accuracy.is_some());
        let mut search = Search { problem: self, steps, solutions: BTreeMap::new(), ran_out: false };
        for wrong in 0..=all {
            search.with_wrong(wrong);
            if search.ran_out || !search.solutions.is_empty() {
                return Outcome { wrong, solutions: search.solutions, complete: !search.ran_out };
            }
        }
        Outcome { wrong: all, solutions: BTreeMap::new(), complete: true }
    }

    fn total(&self) -> i64 {
        self.supports.iter().sum()
    }

    /// Ranges of correct samples in all, with the accuracy cell right or wrong.
    fn correct(&self, accuracy_wrong: bool) -> Vec<(i64, i64)> {
        let total = self.total();
        let (low, high) = match self.errors {
            Some(errors) => (total - errors, total - errors),
            None => (0, total),
        };
        let fits = self.accuracy.map_or((0, total), |bounds| bounds.numerators(total));
        if !accuracy_wrong {
            return vec![(low.max(fits.0), high.min(fits.1))];
        }
        if fits.0 > fits.1 {
            return vec![(low, high)];
        }
        vec![(low, high.min(fits.0 - 1)), (low.max(fits.1 + 1), high)]
    }
}

struct Search<'a> {
    problem: &'a Problem,
    steps: u64,
    solutions: BTreeMap<WrongCells, Boxes>,
    ran_out: bool,
}

impl Search<'_> {
    /// All solutions with exactly so many wrong cells.
    fn with_wrong(&mut self, wrong: usize) {
        let problem = self.problem;
        for accuracy_wrong in [false, true] {
            if accuracy_wrong && (problem.accuracy.is_none() || wrong == 0) {
                continue;
            }
            let left = wrong - usize::from(accuracy_wrong);
            for shares in shares(&problem.cells, left) {
                for range in problem.correct(accuracy_wrong).into_iter().filter(|(low, high)| low <= high) {
                    let Some(walk) = Walk::new(problem, &shares, range, accuracy_wrong) else { continue };
                    walk.descend(self, &mut Vec::new(), 0, (0, 0));
                    if self.ran_out {
                        return;
                    }
                }
            }
        }
    }

    fn record(&mut self, key: WrongCells, boxed: Vec<Candidate>) {
        let found = self.solutions.entry(key).or_default();
        if found.boxes.len() < BOX_LIMIT {
            found.boxes.push(boxed);
        } else {
            found.more = true;
        }
    }
}

/// All ways to share `wrong` cells out to classes that have so many.
fn shares(cells: &[usize], wrong: usize) -> Vec<Vec<usize>> {
    let Some((&first, rest)) = cells.split_first() else {
        return if wrong == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    if wrong > cells.iter().sum() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for here in 0..=wrong.min(first) {
        for mut share in shares(rest, wrong - here) {
            share.insert(0, here);
            all.push(share);
        }
    }
    all
}

/// One sharing out of wrong cells: a walk over the product of the classes' candidates.
struct Walk<'a> {
    problem: &'a Problem,
    /// Classes in the order of the walk, fewest candidates first, with their candidates.
    classes: Vec<(usize, &'a [Candidate])>,
    /// What the classes from each depth on can add: correct (least, most), predicted (least, most).
    rest: Vec<[i64; 4]>,
    correct: (i64, i64),
    total: i64,
    accuracy_wrong: bool,
}

impl<'a> Walk<'a> {
    /// `None` if some class has no candidate.
    fn new(
        problem: &'a Problem,
        shares: &[usize],
        correct: (i64, i64),
        accuracy_wrong: bool,
    ) -> Option<Self> {
        let mut classes: Vec<(usize, &[Candidate])> = shares
            .iter()
            .enumerate()
            .map(|(class, &wrong)| (class, &*problem.candidates[class][wrong]))
            .collect();
        classes.sort_by_key(|(class, candidates)| (candidates.len(), *class));
        let mut rest = vec![[0; 4]; classes.len() + 1];
        for (depth, (_, candidates)) in classes.iter().enumerate().rev() {
            let after = rest[depth + 1];
            rest[depth] = [
                after[0] + candidates.first()?.correct, // ascending
                after[1] + candidates.last()?.correct,
                after[2] + candidates.iter().map(|c| c.predicted_low).min()?,
                after[3] + candidates.iter().map(|c| c.predicted_high).max()?,
            ];
        }
        Some(Self { problem, classes, rest, correct, total: problem.total(), accuracy_wrong })
    }

    fn descend(
        &self,
        search: &mut Search<'_>,
        chosen: &mut Vec<Candidate>,
        correct: i64,
        predicted: (i64, i64),
    ) {
        let depth = chosen.len();
        let Some(&(_, candidates)) = self.classes.get(depth) else {
            self.leaf(search, chosen, correct);
            return;
        };
        let [least, most, least_predicted, most_predicted] = self.rest[depth + 1];
        let (low, high) = (self.correct.0 - correct - most, self.correct.1 - correct - least);
        let start = candidates.partition_point(|candidate| candidate.correct < low);
        for candidate in candidates[start..].iter().take_while(|candidate| candidate.correct <= high) {
            if search.steps == 0 {
                search.ran_out = true;
                return;
            }
            search.steps -= 1;
            let predicted = (predicted.0 + candidate.predicted_low, predicted.1 + candidate.predicted_high);
            if predicted.0 + least_predicted > self.total || predicted.1 + most_predicted < self.total {
                continue;
            }
            chosen.push(*candidate);
            self.descend(search, chosen, correct + candidate.correct, predicted);
            chosen.pop();
        }
    }

    /// Keeps the margins if they can be filled: a zero diagonal with row sums e and column sums f exists exactly if both
    /// sum to the same E and no class has e + f > E (a sample is either a miss or a false alarm of a class, not both).
    fn leaf(&self, search: &mut Search<'_>, chosen: &[Candidate], correct: i64) {
        let errors = self.total - correct;
        let mut margins = vec![chosen[0]; chosen.len()];
        let (mut low, mut high) = (0, 0);
        for (&(class, _), candidate) in self.classes.iter().zip(chosen) {
            let missed = self.problem.supports[class] - candidate.correct;
            let predicted_high = candidate.predicted_high.min(candidate.correct + errors - missed);
            if predicted_high < candidate.predicted_low {
                return;
            }
            low += candidate.predicted_low;
            high += predicted_high;
            margins[class] = Candidate { predicted_high, ..*candidate };
        }
        if low <= self.total && self.total <= high {
            let wrong = margins.iter().map(|candidate| candidate.wrong).collect();
            search.record((wrong, self.accuracy_wrong), margins);
        }
    }
}
