//! Compares the search with an enumeration of all confusion matrices of small tables, under every rounding rule.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use radiograph_forensics::{Columns, PrintedTable, Reading, Rounding, Unit, examine};

/// Rounding rules with a printer; `Any` stands for all of them.
const RULES: [Rounding; 3] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Truncated];

/// `above / below` in percent with this number of decimals, in units of the last one; 0/0 is 0.
fn print(above: u64, below: u64, decimals: u32, rule: Rounding) -> u64 {
    let below = below.max(1);
    let scaled = above * 100 * 10_u64.pow(decimals);
    let (whole, twice_rest) = (scaled / below, 2 * (scaled % below));
    let up = match rule {
        Rounding::HalfUp => twice_rest >= below,
        Rounding::HalfEven => twice_rest > below || twice_rest == below && whole % 2 == 1,
        _ => false,
    };
    whole + u64::from(up)
}

fn written(units: u64, decimals: u32) -> String {
    let one = 10_u64.pow(decimals);
    if decimals == 0 {
        units.to_string()
    } else {
        format!("{}.{:0w$}", units / one, units % one, w = decimals as usize)
    }
}

/// All matrices with these row sums.
fn matrices(supports: &[u64]) -> Vec<Vec<Vec<u64>>> {
    fn rows(left: u64, columns: usize) -> Vec<Vec<u64>> {
        if columns == 1 {
            return vec![vec![left]];
        }
        (0..=left)
            .flat_map(|first| {
                rows(left - first, columns - 1).into_iter().map(move |rest| [vec![first], rest].concat())
            })
            .collect()
    }
    supports.iter().fold(vec![Vec::new()], |all, &support| {
        let row = rows(support, supports.len());
        all.iter()
            .flat_map(|above| row.iter().map(move |row| [above.clone(), vec![row.clone()]].concat()))
            .collect()
    })
}

/// Numerator and denominator.
type Fraction = (u64, u64);

/// Precision, recall and F1 of each class as fractions, and the accuracy.
fn fractions(matrix: &[Vec<u64>]) -> (Vec<[Fraction; 3]>, Fraction) {
    let of = |class: usize| {
        let hits = matrix[class][class];
        let support: u64 = matrix[class].iter().sum();
        let predicted: u64 = matrix.iter().map(|row| row[class]).sum();
        [(hits, predicted), (hits, support), (2 * hits, support + predicted)]
    };
    let correct = (0..matrix.len()).map(|class| matrix[class][class]).sum();
    ((0..matrix.len()).map(of).collect(), (correct, matrix.iter().flatten().sum()))
}

/// A printed table: for each class precision, recall and F1, and the accuracy, where they are printed.
#[derive(Clone, Debug)]
struct Small {
    supports: Vec<u64>,
    cells: Vec<[Option<u64>; 3]>,
    accuracy: Option<u64>,
    decimals: u32,
}

impl Small {
    fn of(matrix: &[Vec<u64>], decimals: u32, rule: Rounding, shown: u32) -> Self {
        let (classes, accuracy) = fractions(matrix);
        let is_shown = |at: usize| shown >> at & 1 == 1;
        let cells = classes.iter().enumerate().map(|(class, scores)| {
            std::array::from_fn(|column| {
                let (above, below) = scores[column];
                is_shown(3 * class + column).then(|| print(above, below, decimals, rule))
            })
        });
        Self {
            supports: matrix.iter().map(|row| row.iter().sum()).collect(),
            cells: cells.collect(),
            accuracy: is_shown(31).then(|| print(accuracy.0, accuracy.1, decimals, rule)),
            decimals,
        }
    }

    fn table(&self) -> PrintedTable {
        let mut file = "class,support,precision,recall,f1,accuracy\n".to_owned();
        let cell =
            |units: Option<u64>| units.map_or_else(|| "-".to_owned(), |units| written(units, self.decimals));
        for (class, (support, [precision, recall, f1])) in self.supports.iter().zip(&self.cells).enumerate() {
            let accuracy = if class == 0 { cell(self.accuracy) } else { "-".to_owned() };
            let row = [cell(*precision), cell(*recall), cell(*f1), accuracy].join(",");
            file += &format!("class {class},{support},{row}\n");
        }
        PrintedTable::read_csv(file.as_bytes()).unwrap().remove(0).in_unit(Unit::Percent)
    }

    /// The number of cells that this matrix does not print as, under these headings.
    fn wrong(&self, matrix: &[Vec<u64>], rounding: Rounding, columns: Columns) -> usize {
        let fits = |units: u64, (above, below): (u64, u64)| {
            let by = |rule: &Rounding| print(above, below, self.decimals, *rule) == units;
            RULES.iter().filter(|rule| rounding == Rounding::Any || **rule == rounding).any(by)
        };
        let (classes, accuracy) = fractions(matrix);
        let mut wrong = usize::from(self.accuracy.is_some_and(|units| !fits(units, accuracy)));
        for (printed, mut scores) in self.cells.iter().zip(classes) {
            if columns == Columns::Swapped {
                scores.swap(0, 1);
            }
            let is_wrong =
                |(units, score): (&Option<u64>, (u64, u64))| units.is_some_and(|units| !fits(units, score));
            wrong += printed.iter().zip(scores).map(is_wrong).filter(|wrong| *wrong).count();
        }
        wrong
    }
}

/// The matrices of a reading, all of which were listed.
fn listed(reading: &Reading) -> BTreeSet<Vec<Vec<u64>>> {
    assert!(reading.complete && reading.explanations.iter().all(|of| of.all_margins && of.all_matrices));
    let rows = |matrix: &radiograph_metrics::ConfusionMatrix| {
        matrix.rows().into_iter().map(<[u64]>::to_vec).collect()
    };
    reading.explanations.iter().flat_map(|of| &of.matrices).map(rows).collect()
}

fn small_matrix() -> impl Strategy<Value = Vec<Vec<u64>>> {
    let rows = |size: usize, most: u64| {
        prop::collection::vec(prop::collection::vec(0..=most, size), size)
            .prop_filter("every class has a sample", |rows| {
                rows.iter().all(|row| row.iter().sum::<u64>() > 0)
            })
    };
    prop_oneof![rows(2, 12), rows(3, 2)]
}

proptest! {
    /// No true table is called impossible, whatever cells it prints, under the rule that it was printed by or under any.
    #[test]
    fn a_true_table_is_never_called_impossible(
        matrix in small_matrix(), decimals in 0..3_u32, rule in 0..3_usize, shown in any::<u32>(), swapped: bool,
    ) {
        let mut small = Small::of(&matrix, decimals, RULES[rule], shown);
        if swapped {
            small.cells.iter_mut().for_each(|cells| cells.swap(0, 1));
        }
        let columns = if swapped { Columns::Swapped } else { Columns::AsPrinted };
        for rounding in [RULES[rule], Rounding::Any] {
            let verdict = examine(&small.table(), rounding).unwrap();
            let reading = verdict.readings.iter().find(|reading| reading.columns == columns).unwrap();
            prop_assert_eq!(reading.wrong, 0);
            prop_assert!(reading.impossible.is_empty(), "{:?}", reading.impossible);
            prop_assert!(verdict.inconsistent_f1.is_empty() || swapped);
            let margins = reading.explanations.iter().flat_map(|of| &of.margins);
            let correct: Vec<u64> = (0..matrix.len()).map(|class| matrix[class][class]).collect();
            let mut correct_of = margins.map(|margins| margins.correct.clone());
            prop_assert!(correct_of.any(|found| found == correct) || !reading.explanations[0].all_margins);
        }
    }

    /// For any printed numbers, true or not, the search finds the fewest wrong cells and exactly the matrices that an
    /// enumeration finds.
    #[test]
    fn nothing_that_an_enumeration_finds_is_missed(
        matrix in small_matrix(), decimals in 0..2_u32, rule in 0..4_usize, shown in any::<u32>(),
        changes in prop::collection::vec((0..3_usize, 0..3_usize, 0..=100_u64), 0..4),
    ) {
        let rounding = [RULES[0], RULES[1], RULES[2], Rounding::Any][rule];
        let mut small = Small::of(&matrix, decimals, RULES[rule % 3], shown);
        for (class, column, percent) in changes {
            if let Some(Some(cell)) = small.cells.get_mut(class).map(|cells| cells[column].as_mut()) {
                *cell = percent * 10_u64.pow(decimals);
            }
        }
        let all = matrices(&small.supports);
        let verdict = examine(&small.table(), rounding).unwrap();
        prop_assert_eq!(verdict.readings.len(), 2);
        for reading in &verdict.readings {
            let wrong: Vec<usize> = all.iter().map(|of| small.wrong(of, rounding, reading.columns)).collect();
            let fewest = wrong.iter().copied().min().unwrap();
            prop_assert_eq!(reading.wrong, fewest);
            let best: BTreeSet<_> =
                all.iter().zip(&wrong).filter(|(_, wrong)| **wrong == fewest).map(|(of, _)| of.clone()).collect();
            // At most a thousand matrices are listed.
            if best.len() <= 500 {
                prop_assert_eq!(listed(reading), best);
            }
        }
    }
}
