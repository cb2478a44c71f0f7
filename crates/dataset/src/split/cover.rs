//! Finds, for several parts at once, units that bring every class to each of them.
//!
//! Dealing one unit after another may fail where groups have images of several classes, although some deal succeeds. This
//! search is exact: it tries every way, up to a number of steps. Which units of a kind are taken does not matter to it,
//! so it works on the number of units that have the same classes.

use std::collections::{BTreeMap, HashSet};

use super::units::Units;

/// Steps after which the search gives up: well below a second.
const STEP_LIMIT: usize = 200_000;
/// Units of all parts together, at most, that the search is tried with.
const UNIT_LIMIT: usize = 1_000;

/// Outcome of a search.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Cover {
    /// For each part, units that together bring every class.
    Found(Vec<Vec<usize>>),
    /// No units bring every class to every part.
    Impossible,
    /// The search is too large.
    GivenUp,
}

/// Searches for units that bring every class to each of `parts` parts. Of the units with the same classes, the smallest
/// are taken, and of those of one size the first that are `drawn`.
pub(super) fn cover(units: &Units, parts: usize, drawn: &[usize]) -> Cover {
    let classes = units.classes.len();
    let mut kinds: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
    for &unit in drawn {
        let kind = units.all[unit].scored.iter().map(|scored| *scored > 0).collect();
        kinds.entry(kind).or_default().push(unit);
    }
    let (kinds, mut of_kind): (Vec<Vec<bool>>, Vec<Vec<usize>>) = kinds.into_iter().unzip();
    // The last one is taken first. The sort is stable, so the order is turned around to keep chance among equals.
    for units_of_kind in &mut of_kind {
        units_of_kind.reverse();
        units_of_kind.sort_by_key(|unit| std::cmp::Reverse(units.all[*unit].size()));
    }
    let left = of_kind.iter().map(Vec::len).collect();
    let mut search = Search { kinds, left, taken: Vec::new(), failed: HashSet::new(), steps: 0 };
    let possible = if parts.saturating_mul(classes) > UNIT_LIMIT { None } else { search.parts(parts) };
    match possible {
        None => Cover::GivenUp,
        Some(false) => Cover::Impossible,
        Some(true) => {
            let part = |kinds: Vec<usize>| kinds.into_iter().filter_map(|kind| of_kind[kind].pop()).collect();
            Cover::Found(search.taken.into_iter().map(part).collect())
        }
    }
}

/// The largest number of parts, at most `limit`, for which there are units; `None` if the search is too large.
pub(super) fn most_parts(units: &Units, limit: usize, drawn: &[usize]) -> Option<usize> {
    for parts in (1..=limit).rev() {
        match cover(units, parts, drawn) {
            Cover::Found(_) => return Some(parts),
            Cover::Impossible => {}
            Cover::GivenUp => return None,
        }
    }
    Some(0)
}

struct Search {
    /// Sets of classes: for each class, whether a unit of this kind has images of it.
    kinds: Vec<Vec<bool>>,
    /// For each kind, the units that are left.
    left: Vec<usize>,
    /// For each part, the kinds of its units.
    taken: Vec<Vec<usize>>,
    /// Numbers of parts and of units left that lead nowhere.
    failed: HashSet<(usize, Vec<usize>)>,
    steps: usize,
}

impl Search {
    /// Takes units for this number of parts; `None` if there are too many ways.
    fn parts(&mut self, parts: usize) -> Option<bool> {
        if parts == 0 {
            return Some(true);
        }
        let classes = self.kinds.first().map_or(0, Vec::len);
        if (0..classes).any(|class| self.units_with(class) < parts) {
            return Some(false);
        }
        let state = (parts, self.left.clone());
        if self.failed.contains(&state) {
            return Some(false);
        }
        self.taken.push(Vec::new());
        let found = self.part(&vec![true; classes], parts)?;
        if !found {
            self.taken.pop();
            self.failed.insert(state);
        }
        Some(found)
    }

    /// Takes units for the last part until it lacks no class, then those of the other parts.
    fn part(&mut self, lacking: &[bool], parts: usize) -> Option<bool> {
        self.steps += 1;
        if self.steps > STEP_LIMIT {
            return None;
        }
        // Every way to complete the part takes a unit of this class; the rarest leaves the fewest ways.
        let rarest =
            (0..lacking.len()).filter(|class| lacking[*class]).min_by_key(|class| self.units_with(*class));
        let Some(class) = rarest else { return self.parts(parts - 1) };
        let mut possible: Vec<usize> =
            (0..self.kinds.len()).filter(|kind| self.left[*kind] > 0 && self.kinds[*kind][class]).collect();
        // First those that bring nothing that is there already: it is missing elsewhere.
        possible.sort_by_key(|kind| {
            self.kinds[*kind].iter().zip(lacking).filter(|(has, lacks)| **has && !**lacks).count()
        });
        for kind in possible {
            let still: Vec<bool> =
                lacking.iter().zip(&self.kinds[kind]).map(|(lacks, has)| *lacks && !has).collect();
            self.take(kind);
            if self.part(&still, parts)? {
                return Some(true);
            }
            self.put_back(kind);
        }
        Some(false)
    }

    fn take(&mut self, kind: usize) {
        self.left[kind] -= 1;
        if let Some(part) = self.taken.last_mut() {
            part.push(kind);
        }
    }

    fn put_back(&mut self, kind: usize) {
        self.left[kind] += 1;
        if let Some(part) = self.taken.last_mut() {
            part.pop();
        }
    }

    fn units_with(&self, class: usize) -> usize {
        self.kinds.iter().zip(&self.left).filter(|(kind, _)| kind[class]).map(|(_, left)| left).sum()
    }
}
