//! The folds of a cross-validation.

use std::collections::HashMap;

use crate::{Error, Examples};

/// One fold: rows to train on, and rows to validate on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Fold {
    /// Training rows.
    pub training: Vec<usize>,
    /// Held-out rows.
    pub held_out: Vec<usize>,
}

/// The folds of a cross-validation. Every training part has every class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds(Vec<Fold>);

impl Folds {
    /// These folds, such as those that other models were validated on.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than 2 folds, [`Error::Row`], [`Error::RepeatedRow`], or [`Error::NoExample`] if a
    /// training part lacks a class.
    pub fn new(examples: &Examples, folds: Vec<Fold>) -> Result<Self, Error> {
        at_least_two(folds.len())?;
        for (number, fold) in folds.iter().enumerate() {
            let mut seen = vec![false; examples.len()];
            for &row in fold.training.iter().chain(&fold.held_out) {
                match seen.get_mut(row) {
                    None => return Err(Error::Row { fold: number, row, rows: examples.len() }),
                    Some(true) => return Err(Error::RepeatedRow { fold: number, row }),
                    Some(seen) => *seen = true,
                }
            }
            examples.require_every_class(&fold.training, Some(number))?;
        }
        Ok(Self(folds))
    }

    /// At most `folds` folds in which all rows of a group, such as a patient, are held out together. Classes are
    /// spread evenly, and there are never more folds than groups. The result does not depend on the groups' names.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for fewer than 2 folds, [`Error::Length`], or [`Error::TooFewGroups`] if a class occurs in
    /// one group alone; [`Error::NoExample`] if groups of several classes leave a training part without a class.
    pub fn grouped<G: AsRef<str>>(examples: &Examples, groups: &[G], folds: usize) -> Result<Self, Error> {
        at_least_two(folds)?;
        if groups.len() != examples.len() {
            return Err(Error::Length { what: "groups", expected: examples.len(), got: groups.len() });
        }
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            let number = *numbers.entry(group.as_ref()).or_insert(members.len());
            if number == members.len() {
                members.push(Vec::new());
            }
            members[number].push(row);
        }
        let folds = folds.min(members.len().max(2));
        let of_group = spread(examples, &members, folds)?;
        let mut of_row = vec![0; examples.len()];
        for (rows, fold) in members.iter().zip(of_group) {
            rows.iter().for_each(|&row| of_row[row] = fold);
        }
        let rows =
            |keep: &dyn Fn(usize) -> bool| (0..examples.len()).filter(|row| keep(of_row[*row])).collect();
        let fold = |number| Fold { training: rows(&|of| of != number), held_out: rows(&|of| of == number) };
        Self::new(examples, (0..folds).map(fold).collect())
    }

    /// The folds.
    #[must_use]
    pub fn as_slice(&self) -> &[Fold] {
        &self.0
    }
}

/// The fold of each group: classes from the rarest on, large groups first, each into the fold that has the fewest rows
/// of the class.
fn spread(examples: &Examples, members: &[Vec<usize>], folds: usize) -> Result<Vec<usize>, Error> {
    let classes = examples.classes.len();
    let counts: Vec<Vec<usize>> = members
        .iter()
        .map(|rows| {
            let mut counts = vec![0; classes];
            rows.iter().for_each(|&row| counts[examples.labels[row]] += 1);
            counts
        })
        .collect();
    let groups_of = |class: usize| counts.iter().filter(|counts| counts[class] > 0).count();
    let mut order: Vec<(usize, usize)> = (0..classes).map(|class| (groups_of(class), class)).collect();
    order.sort_unstable();
    for (&(groups, class), name) in
        order.iter().filter_map(|of| Some((of, examples.classes.names().nth(of.1)?)))
    {
        match groups {
            0 => return Err(Error::NoExample { class: name.to_owned(), fold: None }),
            1 => return Err(Error::TooFewGroups { class: name.to_owned(), groups }),
            _ => debug_assert!(class < classes),
        }
    }
    let mut of_group: Vec<Option<usize>> = vec![None; members.len()];
    let mut filled = vec![vec![0; classes]; folds];
    for (_, class) in order {
        let mut waiting: Vec<usize> = (0..members.len())
            .filter(|&group| of_group[group].is_none() && counts[group][class] > 0)
            .collect();
        // Stable: equally large groups stay in the order of their first rows.
        waiting.sort_by_key(|&group| std::cmp::Reverse(counts[group][class]));
        for group in waiting {
            let fullness = |fold: &usize| (filled[*fold][class], filled[*fold].iter().sum::<usize>());
            let fold = (0..folds).min_by_key(fullness).unwrap_or(0); // there are at least two
            filled[fold].iter_mut().zip(&counts[group]).for_each(|(all, more)| *all += more);
            of_group[group] = Some(fold);
        }
    }
    // Every row has a class, so every group was waiting once.
    Ok(of_group.into_iter().map(|fold| fold.unwrap_or(0)).collect())
}

fn at_least_two(folds: usize) -> Result<(), Error> {
    if folds >= 2 {
        return Ok(());
    }
    Err(Error::Setting { name: "the number of folds", value: folds as f64, range: "at least 2" })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use radiograph_classes::Classes;

    use super::*;

    fn examples(labels: Vec<usize>) -> Examples {
        let features = Array2::from_shape_fn((labels.len(), 1), |(row, _)| row as f64);
        Examples::new(features.view(), &Classes::new(["a", "b"]).unwrap(), labels).unwrap()
    }

    #[test]
    fn patients_stay_together_and_classes_are_spread() {
        let examples = examples((0..60).map(|row| usize::from(row % 6 == 0)).collect());
        let patients: Vec<String> = (0..60).map(|row| format!("p{}", row / 3)).collect();
        let folds = Folds::grouped(&examples, &patients, 5).unwrap();
        assert_eq!(folds.as_slice().len(), 5);
        let mut held_out: Vec<usize> =
            folds.as_slice().iter().flat_map(|fold| fold.held_out.clone()).collect();
        held_out.sort_unstable();
        assert_eq!(held_out, (0..60).collect::<Vec<_>>());
        for fold in folds.as_slice() {
            assert_eq!((fold.held_out.len(), fold.training.len()), (12, 48));
            assert_eq!(fold.held_out.iter().filter(|row| examples.labels()[**row] == 1).count(), 2);
            let shared =
                fold.training.iter().any(|a| fold.held_out.iter().any(|b| patients[*a] == patients[*b]));
            assert!(!shared);
        }
    }

    #[test]
    fn few_groups_make_few_folds() {
        let few = examples(vec![0, 1, 0, 1, 1]);
        assert_eq!(Folds::grouped(&few, &["x", "x", "y", "y", "z"], 5).unwrap().as_slice().len(), 3);
        let error = Folds::grouped(&few, &["x", "x", "x", "x", "z"], 5).unwrap_err();
        assert!(matches!(error, Error::TooFewGroups { ref class, groups: 1 } if class == "a"), "{error}");
        assert!(matches!(Folds::grouped(&few, &["x"], 5), Err(Error::Length { expected: 5, got: 1, .. })));
        assert!(matches!(Folds::grouped(&few, &["x"; 5], 1), Err(Error::Setting { .. })));
    }

    #[test]
    fn impossible_folds_are_named() {
        let few = examples(vec![0, 1, 0, 1]);
        let fold = |training: &[usize], held_out: &[usize]| Fold {
            training: training.to_vec(),
            held_out: held_out.to_vec(),
        };
        let with = |second: Fold| Folds::new(&few, vec![fold(&[0, 1], &[2, 3]), second]).unwrap_err();
        assert!(matches!(with(fold(&[2, 4], &[])), Error::Row { fold: 1, row: 4, rows: 4 }));
        assert!(matches!(with(fold(&[2, 3], &[3])), Error::RepeatedRow { fold: 1, row: 3 }));
        assert!(matches!(with(fold(&[1, 3], &[0])), Error::NoExample { fold: Some(1), .. }));
    }
}
