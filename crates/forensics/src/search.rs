//! Finds the smallest sets of wrong cells for which some confusion matrix produces the rest of the table.
//!
//! A table of precision, recall, F1 and accuracy depends on a confusion matrix only through three numbers per class:
//! support, correct samples and predicted samples. The search is therefore over these margins, class by class, and only
//! the margins of a solution are expanded into matrices. Sets of one wrong cell are tried before sets of two, and so
//! on.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{
    candidates::{Candidate, MOST_WRONG, Wrong},
    printed::Bounds,
};

/// Limit on the margins, and on the matrices, that are listed for one explanation. All explanations of a reading together
/// list ten times as many matrices, but at least one each.
pub const MATRIX_LIMIT: usize = 1_000;

/// Constraints that a reading of a table sets.
pub(super) struct Problem {
    /// For each class, its candidates by number of wrong cells.
    pub(super) candidates: Vec<[Vec<Candidate>; MOST_WRONG + 1]>,
    /// Printed cells of each class.
    pub(super) cells: Vec<usize>,
    pub(super) supports: Vec<i64>,
    /// Bounds of the accuracy of the whole table.
    pub(super) accuracy: Option<Bounds>,
    /// Number of errors that the text states.
    pub(super) errors: Option<i64>,
}

/// Wrong cells of each class, and whether the accuracy of the whole table is wrong.
pub(super) type WrongCells = (Vec<Wrong>, bool);

/// The margins for which exactly these cells are wrong, in boxes of one candidate per class.
#[derive(Default)]
pub(super) struct Boxes {
    pub(super) boxes: Vec<Vec<Candidate>>,
    /// Whether there are more boxes than were kept.
    pub(super) more: bool,
}

/// Result of a search.
pub(super) struct Outcome {
    /// Number of wrong cells in each solution; a lower bound if there is no solution.
    pub(super) wrong: usize,
    pub(super) solutions: BTreeMap<WrongCells, Boxes>,
    /// Whether every solution of this size was found.
    pub(super) complete: bool,
}

/// Maximum number of sets of wrong cells for one reading; the search stops at the next one.
pub const EXPLANATION_LIMIT: usize = 100;

/// Maximum number of boxes for one set of wrong cells. Each box holds at least one of the listed margins.
const BOX_LIMIT: usize = MATRIX_LIMIT;

impl Problem {
    /// Searches in at most `steps` steps. A step is one candidate looked at, or one class whenever wrong cells were
    /// distributed over all classes.
    pub(super) fn solve(&self, steps: u64) -> Outcome {
        let all = self.cells.iter().sum::<usize>() + usize::from(self.accuracy.is_some());
        let Some(shares) = Shares::of(&self.candidates) else {
            return Outcome { wrong: all, solutions: BTreeMap::new(), complete: true };
        };
        let mut search = Search { problem: self, steps, solutions: BTreeMap::new(), ran_out: false };
        for wrong in shares.fewest()..=all {
            search.with_wrong(&shares, wrong);
            if search.ran_out || !search.solutions.is_empty() {
                return Outcome { wrong, solutions: search.solutions, complete: !search.ran_out };
            }
        }
        Outcome { wrong: all, solutions: BTreeMap::new(), complete: true }
    }

    fn total(&self) -> i64 {
        self.supports.iter().sum()
    }

    /// Ranges of the total number of correct samples, with the accuracy cell right or wrong.
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
    /// All solutions with exactly `wrong` wrong cells.
    fn with_wrong(&mut self, shares: &Shares, wrong: usize) {
        let problem = self.problem;
        for accuracy_wrong in [false, true] {
            if accuracy_wrong && (problem.accuracy.is_none() || wrong == 0) {
                continue;
            }
            let left = wrong - usize::from(accuracy_wrong);
            let _ = shares.share_out(left, self, &mut |search, share| {
                for range in problem.correct(accuracy_wrong).into_iter().filter(|(low, high)| low <= high) {
                    let walk = Walk::new(problem, shares, share, range, accuracy_wrong);
                    walk.descend(search, &mut Vec::new(), 0, (0, 0));
                }
            });
            if self.ran_out {
                return;
            }
        }
    }

    /// Counts steps; breaks if fewer were left.
    fn step(&mut self, steps: u64) -> ControlFlow<()> {
        match self.steps.checked_sub(steps) {
            Some(left) if !self.ran_out => {
                self.steps = left;
                ControlFlow::Continue(())
            }
            _ => {
                self.ran_out = true;
                ControlFlow::Break(())
            }
        }
    }

    fn record(&mut self, key: WrongCells, boxed: Vec<Candidate>) {
        if self.solutions.len() == EXPLANATION_LIMIT && !self.solutions.contains_key(&key) {
            self.ran_out = true;
            return;
        }
        let found = self.solutions.entry(key).or_default();
        if found.boxes.len() < BOX_LIMIT {
            found.boxes.push(boxed);
        } else {
            found.more = true;
        }
    }
}

/// Numbers of wrong cells that each class can have, and the ways to distribute a total over the classes.
struct Shares {
    /// For each class, the numbers for which it has candidates, ascending.
    possible: Vec<Vec<usize>>,
    /// For each class and number: the least and most correct samples, then the least and most predicted samples.
    extremes: Vec<[[i64; 4]; MOST_WRONG + 1]>,
    /// The least and most wrong cells of the classes from each position on; (0, 0) after the last.
    rest: Vec<(usize, usize)>,
}

impl Shares {
    /// `None` if a class has no candidate for any number of wrong cells.
    fn of(candidates: &[[Vec<Candidate>; MOST_WRONG + 1]]) -> Option<Self> {
        let possible: Vec<Vec<usize>> = candidates
            .iter()
            .map(|class| (0..=MOST_WRONG).filter(|&wrong| !class[wrong].is_empty()).collect())
            .collect();
        let mut rest = vec![(0, 0); possible.len() + 1];
        for (class, numbers) in possible.iter().enumerate().rev() {
            let (fewest, most) = rest[class + 1];
            rest[class] = (fewest + numbers.first()?, most + numbers.last()?);
        }
        let extremes = candidates.iter().map(|class| class.each_ref().map(|list| extremes(list))).collect();
        Some(Self { possible, extremes, rest })
    }

    /// The least number of wrong cells of all classes together.
    fn fewest(&self) -> usize {
        self.rest[0].0
    }

    /// Calls `visit` with every way to distribute `wrong` cells, one after the other, without storing them.
    fn share_out(
        &self,
        wrong: usize,
        search: &mut Search<'_>,
        visit: &mut dyn FnMut(&mut Search<'_>, &[usize]),
    ) -> ControlFlow<()> {
        self.share_from(wrong, &mut Vec::with_capacity(self.possible.len()), search, visit)
    }

    fn share_from(
        &self,
        left: usize,
        share: &mut Vec<usize>,
        search: &mut Search<'_>,
        visit: &mut dyn FnMut(&mut Search<'_>, &[usize]),
    ) -> ControlFlow<()> {
        let class = share.len();
        if !(self.rest[class].0..=self.rest[class].1).contains(&left) {
            return ControlFlow::Continue(());
        }
        let Some(numbers) = self.possible.get(class) else {
            search.step(class as u64)?;
            visit(search, share);
            return if search.ran_out { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        };
        search.step(1)?;
        for &here in numbers.iter().take_while(|&&here| here <= left) {
            share.push(here);
            let flow = self.share_from(left - here, share, search, visit);
            share.pop();
            flow?;
        }
        ControlFlow::Continue(())
    }
}

/// The least and most correct samples, then the least and most predicted samples; zeros without candidates.
fn extremes(candidates: &[Candidate]) -> [i64; 4] {
    let of = |number: Option<i64>| number.unwrap_or(0);
    [
        of(candidates.first().map(|candidate| candidate.correct)), // ascending
        of(candidates.last().map(|candidate| candidate.correct)),
        of(candidates.iter().map(|candidate| candidate.predicted_low).min()),
        of(candidates.iter().map(|candidate| candidate.predicted_high).max()),
    ]
}

/// One distribution of wrong cells: a walk over the product of the classes' candidates.
struct Walk<'a> {
    problem: &'a Problem,
    /// Classes in the order of the walk, fewest candidates first, with their candidates.
    classes: Vec<(usize, &'a [Candidate])>,
    /// Range that the classes from each depth on can add: correct (least, most), predicted (least, most).
    rest: Vec<[i64; 4]>,
    correct: (i64, i64),
    total: i64,
    accuracy_wrong: bool,
}

impl<'a> Walk<'a> {
    fn new(
        problem: &'a Problem,
        shares: &Shares,
        share: &[usize],
        correct: (i64, i64),
        accuracy_wrong: bool,
    ) -> Self {
        let mut classes: Vec<(usize, &[Candidate])> = share
            .iter()
            .enumerate()
            .map(|(class, &wrong)| (class, &*problem.candidates[class][wrong]))
            .collect();
        classes.sort_by_key(|(class, candidates)| (candidates.len(), *class));
        let mut rest = vec![[0; 4]; classes.len() + 1];
        for (depth, &(class, _)) in classes.iter().enumerate().rev() {
            let (after, here) = (rest[depth + 1], shares.extremes[class][share[class]]);
            rest[depth] = std::array::from_fn(|at| after[at] + here[at]);
        }
        Self { problem, classes, rest, correct, total: problem.total(), accuracy_wrong }
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
            if search.step(1).is_break() {
                return;
            }
            let predicted = (predicted.0 + candidate.predicted_low, predicted.1 + candidate.predicted_high);
            if predicted.0 + least_predicted > self.total || predicted.1 + most_predicted < self.total {
                continue;
            }
            chosen.push(*candidate);
            self.descend(search, chosen, correct + candidate.correct, predicted);
            chosen.pop();
        }
    }

    /// Keeps the margins if a matrix has them. A matrix with a zero diagonal, row sums e and column sums f exists
    /// exactly if both sum to the same E and no class has e + f > E (a sample is a miss or a false alarm of a class,
    /// but not both).
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
