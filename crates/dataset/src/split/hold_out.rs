//! Holds units (groups or images) out for the test part, each class in proportion.

use std::collections::HashSet;

use super::{
    SplitError,
    cover::{Cover, cover},
    deal::{enough_groups, no_parts},
    units::Units,
};
use crate::apportion::apportion;

/// Later passes take units that did not fit while larger ones were still missing.
const PASSES: usize = 8;

/// Which units are held out: `share` of all images, each class in proportion, from units that may be scored. `None` if
/// that leaves a class out of the test part.
///
/// Every class keeps units on the other side: one for each of `folds` folds, or one if there are none.
pub(super) fn hold_out(
    units: &Units,
    share: f64,
    folds: usize,
    seed: u64,
) -> Result<Option<Vec<bool>>, SplitError> {
    enough_groups(units, true, folds)?;
    let mut part = Held::none(units, share, folds);
    let drawn = units.drawn(seed, "hold out");
    part.fill(&drawn);
    Ok(part.hold_missing_classes(&drawn).then_some(part.held))
}

/// As [`hold_out`], around units that bring every class to the test part and to each fold (to the training part if there
/// are no folds).
pub(super) fn hold_out_around_cover(
    units: &Units,
    share: f64,
    folds: usize,
    seed: u64,
) -> Result<Vec<bool>, SplitError> {
    let drawn = units.drawn(seed, "cover");
    let Cover::Found(mut parts) = cover(units, folds.max(1) + 1, &drawn) else {
        return Err(no_parts(units, true, folds, &drawn));
    };
    let mut part = Held::none(units, share, folds);
    // The part with the fewest images is tested on: other units bring it up to its share. There are two parts at least.
    parts.sort_by_key(|part| part.iter().map(|unit| units.all[*unit].size()).sum::<usize>());
    parts.remove(0).into_iter().for_each(|unit| part.hold(unit));
    let kept: HashSet<usize> = parts.into_iter().flatten().collect();
    let mut drawn = units.drawn(seed, "hold out");
    drawn.retain(|unit| !kept.contains(unit));
    part.fill(&drawn);
    Ok(part.held)
}

/// A test part that is being filled.
struct Held<'a> {
    units: &'a Units,
    /// For each class, images that the part should have.
    targets: Vec<usize>,
    /// For each class, images that the part still needs; negative if it has too many.
    missing: Vec<i64>,
    /// For each unit, whether it is held out.
    held: Vec<bool>,
    /// For each class, units with it that are not held out.
    rest: Vec<usize>,
    /// Units of each class that must not be held out.
    left: usize,
}

impl<'a> Held<'a> {
    fn none(units: &'a Units, share: f64, folds: usize) -> Self {
        let images: usize = units.images.iter().sum();
        let targets = apportion(&units.images, (share * images as f64).round() as usize);
        // At least one of each class, and no more than may be scored.
        let targets: Vec<usize> = targets.into_iter().map(|target| target.max(1)).collect();
        Self {
            units,
            missing: targets.iter().map(|target| *target as i64).collect(),
            targets,
            held: vec![false; units.all.len()],
            rest: (0..units.classes.len()).map(|class| units.with_class(class)).collect(),
            left: folds.max(1),
        }
    }

    /// Holds out units that bring the classes nearer to their targets.
    fn fill(&mut self, drawn: &[usize]) {
        for _ in 0..PASSES {
            let mut moved = false;
            for &unit in drawn {
                if !self.held[unit] && self.can_spare(unit) && self.gain(unit) > 0.0 {
                    self.hold(unit);
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn hold(&mut self, unit: usize) {
        self.held[unit] = true;
        for (class, scored) in self.units.all[unit].scored.iter().enumerate() {
            self.missing[class] -= *scored as i64;
            self.rest[class] -= usize::from(*scored > 0);
        }
    }

    fn can_spare(&self, unit: usize) -> bool {
        let scored = self.units.all[unit].scored.iter();
        scored.zip(&self.rest).all(|(scored, rest)| *scored == 0 || *rest > self.left)
    }

    /// By how much a unit brings the held-out classes nearer to their targets: the drop of the sum of squared shares that
    /// are missing.
    fn gain(&self, unit: usize) -> f64 {
        let of_class = |((scored, missing), target): ((&usize, &i64), &usize)| {
            let (before, after) = (*missing as f64, (*missing - *scored as i64) as f64);
            (before * before - after * after) / (*target as f64 * *target as f64)
        };
        self.units.all[unit].scored.iter().zip(&self.missing).zip(&self.targets).map(of_class).sum()
    }

    /// Holds out the smallest possible unit of every class that is not held out at all, as when all groups are large.
    /// Whether every class is held out then.
    fn hold_missing_classes(&mut self, drawn: &[usize]) -> bool {
        let units = self.units;
        (0..units.classes.len()).all(|class| {
            let has = |unit: &usize| units.all[*unit].scored[class] > 0;
            if drawn.iter().any(|unit| self.held[*unit] && has(unit)) {
                return true;
            }
            let possible = drawn.iter().filter(|unit| has(unit) && self.can_spare(**unit));
            let smallest = possible.min_by_key(|unit| units.all[**unit].size()).copied();
            smallest.inspect(|unit| self.hold(*unit)).is_some()
        })
    }
}
