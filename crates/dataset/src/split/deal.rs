//! Deals units (groups or images) to folds, each class in proportion.

use super::{
    SplitError,
    cover::{Cover, cover, most_parts},
    units::Units,
};

/// The fold of every unit, counted from 1; `None` for those that bring nothing to score.
///
/// The largest units are dealt first, each to the fold that has least of its classes.
pub(super) fn deal(units: &Units, folds: usize, seed: u64) -> Result<Vec<Option<u32>>, SplitError> {
    enough_groups(units, false, folds)?;
    let mut table = Table::dealt(units, folds, &[], seed);
    if !table.mend(units, &units.drawn(seed, "folds")) {
        let drawn = units.drawn(seed, "cover");
        let Cover::Found(first) = cover(units, folds, &drawn) else {
            return Err(no_parts(units, false, folds, &drawn));
        };
        table = Table::dealt(units, folds, &first, seed);
    }
    Ok(table.folds.into_iter().map(|fold| fold.map(|fold| fold as u32 + 1)).collect())
}

/// What folds hold so far.
struct Table {
    /// For each fold, for each class: images to score.
    counts: Vec<Vec<usize>>,
    /// For each unit, its fold, counted from 0.
    folds: Vec<Option<usize>>,
}

impl Table {
    /// Deals the units, after the `first` ones of each fold.
    fn dealt(units: &Units, folds: usize, first: &[Vec<usize>], seed: u64) -> Self {
        let mut drawn = units.drawn(seed, "folds");
        drawn.sort_by_key(|unit| std::cmp::Reverse(units.all[*unit].size())); // stable: chance decides among equals
        let scorable: Vec<usize> = (0..units.classes.len())
            .map(|class| units.all.iter().map(|unit| unit.scored[class]).sum::<usize>().max(1))
            .collect();
        let mut table =
            Self { counts: vec![vec![0; scorable.len()]; folds], folds: vec![None; units.all.len()] };
        for (fold, first) in first.iter().enumerate() {
            first.iter().for_each(|&unit| table.place(unit, fold, &units.all[unit].scored));
        }
        for unit in drawn {
            if table.folds[unit].is_some() {
                continue;
            }
            let scored = &units.all[unit].scored;
            // How full a fold is, where this unit's classes are concerned. Sums in one order, so ties are exact.
            let fullness = |fold: &usize| -> f64 {
                let counts = table.counts[*fold].iter().zip(scored).zip(&scorable);
                counts
                    .map(|((count, scored), all)| (count * scored) as f64 / (*all as f64 * *all as f64))
                    .sum()
            };
            let total = |fold: &usize| table.counts[*fold].iter().sum::<usize>();
            let best = (0..folds)
                .min_by(|one, other| {
                    fullness(one).total_cmp(&fullness(other)).then(total(one).cmp(&total(other)))
                })
                .unwrap_or(0);
            table.place(unit, best, scored);
        }
        table
    }

    fn place(&mut self, unit: usize, fold: usize, scored: &[usize]) {
        if let Some(old) = self.folds[unit].replace(fold) {
            self.counts[old].iter_mut().zip(scored).for_each(|(count, scored)| *count -= scored);
        }
        self.counts[fold].iter_mut().zip(scored).for_each(|(count, scored)| *count += scored);
    }

    /// Moves units until every fold has every class; whether it has. Of several units the smallest is moved, and of
    /// those of one size the first that is `drawn`.
    fn mend(&mut self, units: &Units, drawn: &[usize]) -> bool {
        // Each move fills one gap and opens none.
        while let Some((fold, class)) = self.gap() {
            let spare = |unit: &usize| {
                let (scored, counts) =
                    (&units.all[*unit].scored, self.folds[*unit].map(|at| &self.counts[at]));
                let rich = |(count, scored): (&usize, &usize)| *scored == 0 || count > scored;
                scored[class] > 0 && counts.is_some_and(|counts| counts.iter().zip(scored).all(rich))
            };
            let smallest =
                drawn.iter().filter(|unit| spare(unit)).min_by_key(|unit| units.all[**unit].size());
            let Some(&unit) = smallest else { return false };
            self.place(unit, fold, &units.all[unit].scored);
        }
        true
    }

    fn gap(&self) -> Option<(usize, usize)> {
        let of_fold = |(fold, counts): (usize, &Vec<usize>)| {
            counts.iter().position(|count| *count == 0).map(|class| (fold, class))
        };
        self.counts.iter().enumerate().find_map(of_fold)
    }
}

/// Checks that every class has a unit for each fold (for the training part, if there are none) and for the test part, if
/// there is one. The error names the class with the fewest.
pub(super) fn enough_groups(units: &Units, test: bool, folds: usize) -> Result<(), SplitError> {
    let needed = folds.max(1) + usize::from(test);
    let fewest = (0..units.classes.len()).min_by_key(|class| units.with_class(*class));
    let Some(class) = fewest.filter(|class| units.with_class(*class) < needed) else { return Ok(()) };
    let groups = units.with_class(class);
    let scored: Vec<usize> = (0..units.all.len()).filter(|unit| units.all[*unit].size() > 0).collect();
    Err(SplitError::TooFewGroups {
        class: units.classes[class].clone(),
        kind: units.kind,
        images: units.all.iter().map(|unit| unit.scored[class]).sum(),
        groups,
        possible: most_parts(units, groups, &scored).unwrap_or(groups),
        folds,
        test,
    })
}

/// The error for units of which every class has enough, and which cannot be dealt so that every part has every class.
pub(super) fn no_parts(units: &Units, test: bool, folds: usize, drawn: &[usize]) -> SplitError {
    let possible = most_parts(units, folds.max(1) + usize::from(test), drawn);
    SplitError::PartsWithoutClass { possible, folds, test }
}
