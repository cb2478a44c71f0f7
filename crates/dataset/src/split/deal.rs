//! Deals units (groups or images) to parts in proportion to classes.

use super::{SplitError, units::Units};
use crate::apportion::apportion;

/// Which units are held out: `share` of all images, each class in proportion, from units that may be scored.
///
/// Every class keeps units on both sides; `left` is how many the other side needs of each.
pub(super) fn hold_out(units: &Units, share: f64, left: usize, seed: u64) -> Result<Vec<bool>, SplitError> {
    enough_groups(units, left + 1)?;
    let images: usize = units.images.iter().sum();
    let targets = apportion(&units.images, (share * images as f64).round() as usize);
    // At least one of each class, and no more than may be scored.
    let targets: Vec<usize> = targets.into_iter().map(|target| target.max(1)).collect();
    let mut held = vec![false; units.all.len()];
    let mut missing: Vec<i64> = targets.iter().map(|target| *target as i64).collect();
    let mut rest: Vec<usize> = (0..units.classes.len()).map(|class| units.with_class(class)).collect();
    let drawn = units.drawn(seed, "hold out");
    for _ in 0..PASSES {
        let mut moved = false;
        for &unit in &drawn {
            let scored = &units.all[unit].scored;
            let keeps = (0..rest.len()).all(|class| scored[class] == 0 || rest[class] > left);
            if !held[unit] && keeps && gain(scored, &missing, &targets) > 0.0 {
                held[unit] = true;
                moved = true;
                for class in 0..rest.len() {
                    missing[class] -= scored[class] as i64;
                    rest[class] -= usize::from(scored[class] > 0);
                }
            }
        }
        if !moved {
            break;
        }
    }
    force_missing_classes(units, &drawn, left, &mut held, &mut rest)?;
    Ok(held)
}

/// Later passes take units that did not fit while larger ones were still missing.
const PASSES: usize = 8;

/// By how much a unit brings the held-out classes nearer to their targets: the drop of the sum of squared shares that are
/// missing.
fn gain(scored: &[usize], missing: &[i64], targets: &[usize]) -> f64 {
    let of_class = |((scored, missing), target): ((&usize, &i64), &usize)| {
        let (before, after) = (*missing as f64, (*missing - *scored as i64) as f64);
        (before * before - after * after) / (*target as f64 * *target as f64)
    };
    scored.iter().zip(missing).zip(targets).map(of_class).sum()
}

/// Holds out the smallest possible unit of every class that is not held out at all, as when all groups are large.
fn force_missing_classes(
    units: &Units,
    drawn: &[usize],
    left: usize,
    held: &mut [bool],
    rest: &mut [usize],
) -> Result<(), SplitError> {
    for class in 0..units.classes.len() {
        if drawn.iter().any(|&unit| held[unit] && units.all[unit].scored[class] > 0) {
            continue;
        }
        let possible = drawn.iter().copied().filter(|&unit| {
            let scored = &units.all[unit].scored;
            scored[class] > 0 && (0..rest.len()).all(|class| scored[class] == 0 || rest[class] > left)
        });
        let Some(unit) = possible.min_by_key(|unit| units.all[*unit].size()) else {
            return Err(SplitError::PartWithoutClass { class: units.classes[class].clone() });
        };
        held[unit] = true;
        for (rest, scored) in rest.iter_mut().zip(&units.all[unit].scored) {
            *rest -= usize::from(*scored > 0);
        }
    }
    Ok(())
}

/// The fold of every unit, counted from 1; `None` for those that bring nothing to score.
///
/// The largest units are dealt first, each to the fold that has least of its classes.
pub(super) fn deal(units: &Units, folds: usize, seed: u64) -> Result<Vec<Option<u32>>, SplitError> {
    enough_groups(units, folds)?;
    let mut drawn = units.drawn(seed, "folds");
    drawn.sort_by_key(|unit| std::cmp::Reverse(units.all[*unit].size())); // stable: chance decides among equals
    let scorable: Vec<usize> = (0..units.classes.len())
        .map(|class| units.all.iter().map(|unit| unit.scored[class]).sum::<usize>().max(1))
        .collect();
    let mut table =
        Table { counts: vec![vec![0; scorable.len()]; folds], folds: vec![None; units.all.len()] };
    for &unit in &drawn {
        let scored = &units.all[unit].scored;
        // How full a fold is, where this unit's classes are concerned. Sums in one order, so ties are exact.
        let fullness = |fold: &usize| -> f64 {
            let counts = table.counts[*fold].iter().zip(scored).zip(&scorable);
            counts.map(|((count, scored), all)| (count * scored) as f64 / (*all as f64 * *all as f64)).sum()
        };
        let total = |fold: &usize| table.counts[*fold].iter().sum::<usize>();
        let best = (0..folds)
            .min_by(|one, other| {
                fullness(one).total_cmp(&fullness(other)).then(total(one).cmp(&total(other)))
            })
            .unwrap_or(0);
        table.place(unit, best, scored);
    }
    table.mend(units, &drawn)?;
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
    fn place(&mut self, unit: usize, fold: usize, scored: &[usize]) {
        if let Some(old) = self.folds[unit].replace(fold) {
            self.counts[old].iter_mut().zip(scored).for_each(|(count, scored)| *count -= scored);
        }
        self.counts[fold].iter_mut().zip(scored).for_each(|(count, scored)| *count += scored);
    }

    /// Moves units until every fold has every class.
    fn mend(&mut self, units: &Units, drawn: &[usize]) -> Result<(), SplitError> {
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
            let Some(&unit) = smallest else {
                return Err(SplitError::PartWithoutClass { class: units.classes[class].clone() });
            };
            self.place(unit, fold, &units.all[unit].scored);
        }
        Ok(())
    }

    fn gap(&self) -> Option<(usize, usize)> {
        let of_fold = |(fold, counts): (usize, &Vec<usize>)| {
            counts.iter().position(|count| *count == 0).map(|class| (fold, class))
        };
        self.counts.iter().enumerate().find_map(of_fold)
    }
}

fn enough_groups(units: &Units, needed: usize) -> Result<(), SplitError> {
    for (class, name) in units.classes.iter().enumerate() {
        let groups = units.with_class(class);
        if groups < needed {
            return Err(SplitError::TooFewGroups { class: name.clone(), groups, needed });
        }
    }
    Ok(())
}
