//! Examines a printed table under every way to read its headings.

use std::{collections::BTreeSet, ops::ControlFlow};

use radiograph_metrics::{BinaryCounts, ConfusionMatrix};

use super::{
    AccuracyMeaning, Cell, Column, Columns, Explanation, ImpossibleCell, Misprint, Printed, PrintedRow,
    PrintedTable, Reading, Rounding, Verdict,
    candidates::ClassCells,
    matrices::{Margins, unpack},
    printed::Bounds,
    search::{Boxes, MATRIX_LIMIT, Problem, WrongCells},
};
use crate::ForensicsError;

/// Limit on the steps of the search for one reading (candidates looked at, and wrong cells distributed); it takes a few
/// tenths of a second.
pub const STEP_LIMIT: u64 = 30_000_000;

/// Searches for every confusion matrix that could have produced the table, under each way to read its headings.
///
/// Precision and recall are read as headed and exchanged. Accuracy is read as one number for all classes (if the rows
/// agree on it) and as the one-vs-rest accuracy of each class (if several rows have one). For each reading, the search
/// finds the smallest number of wrong cells, then every set of that many wrong cells and every matrix that produces the
/// other cells.
///
/// # Errors
///
/// A table that could be built gives no error, unless a matrix refuses its classes.
pub fn examine(table: &PrintedTable, rounding: Rounding) -> Result<Verdict, ForensicsError> {
    let mut readings = Vec::new();
    for accuracy in accuracy_meanings(table.rows()) {
        for columns in [Columns::AsPrinted, Columns::Swapped] {
            readings.push(Examination { table, rounding, columns, accuracy }.reading()?);
        }
    }
    let f1: Vec<(&str, bool)> = table.rows().iter().filter_map(|row| f1_fits(table, rounding, row)).collect();
    Ok(Verdict {
        table: table.name().to_owned(),
        samples: table.total(),
        rounding,
        unit: table.unit(),
        readings,
        checked_f1: f1.len(),
        inconsistent_f1: f1
            .into_iter()
            .filter(|(_, fits)| !fits)
            .map(|(class, _)| class.to_owned())
            .collect(),
    })
}

/// The possible meanings of the accuracy column.
fn accuracy_meanings(rows: &[PrintedRow]) -> Vec<Option<AccuracyMeaning>> {
    let printed: Vec<Printed> = rows.iter().filter_map(|row| row.accuracy).collect();
    let Some(first) = printed.first() else { return vec![None] };
    let mut meanings = Vec::new();
    if printed.iter().all(|other| other == first) {
        meanings.push(Some(AccuracyMeaning::Overall));
    }
    if printed.len() > 1 {
        meanings.push(Some(AccuracyMeaning::OneVsRest));
    }
    meanings
}

/// Whether F1 can be the harmonic mean of numbers that print as precision and recall; `None` if a number is not
/// printed.
fn f1_fits<'a>(table: &PrintedTable, rounding: Rounding, row: &'a PrintedRow) -> Option<(&'a str, bool)> {
    let ends = |printed: Printed| printed.bounds(table.unit(), rounding).ends();
    let (p_low, p_high, p_scale) = ends(row.precision?);
    let (r_low, r_high, r_scale) = ends(row.recall?);
    let (f_low, f_high, f_scale) = ends(row.f1?);
    // 2pr / (p + r) with p and r over their scales; it grows with both.
    let mean = |p: i128, r: i128| (2 * p * r, (p * r_scale + r * p_scale).max(1));
    let (low, high) = (mean(p_low, r_low), mean(p_high, r_high));
    Some((&row.class, low.0 * f_scale <= f_high * low.1 && high.0 * f_scale >= f_low * high.1))
}

/// One reading of one table.
struct Examination<'a> {
    table: &'a PrintedTable,
    rounding: Rounding,
    columns: Columns,
    accuracy: Option<AccuracyMeaning>,
}

impl Examination<'_> {
    fn reading(&self) -> Result<Reading, ForensicsError> {
        let total = self.table.total() as i64; // MAX_PRINTED_SAMPLES at most
        let cells: Vec<ClassCells> = self.table.rows().iter().map(|row| self.cells(row)).collect();
        let problem = Problem {
            candidates: cells.iter().map(|cells| cells.candidates(total)).collect(),
            cells: cells.iter().map(ClassCells::len).collect(),
            supports: cells.iter().map(|cells| cells.support).collect(),
            accuracy: self.overall().map(|printed| printed.bounds(self.table.unit(), self.rounding)),
            errors: self.table.errors().map(|errors| i64::try_from(errors).unwrap_or(i64::MAX / 2)),
        };
        let outcome = problem.solve(STEP_LIMIT);
        // One is kept for each explanation, of which there are fewer than that.
        let mut room = 10 * MATRIX_LIMIT - outcome.solutions.len();
        let explain = |(wrong, boxes)| {
            let explanation = self.explanation(&problem, wrong, boxes, MATRIX_LIMIT.min(room + 1))?;
            room -= explanation.matrices.len().saturating_sub(1);
            Ok::<_, ForensicsError>(explanation)
        };
        Ok(Reading {
            columns: self.columns,
            accuracy: self.accuracy,
            cells: problem.cells.iter().sum::<usize>() + usize::from(problem.accuracy.is_some()),
            wrong: outcome.wrong,
            explanations: outcome.solutions.iter().map(explain).collect::<Result<_, _>>()?,
            complete: outcome.complete,
            impossible: self.impossible(&cells, problem.accuracy),
        })
    }

    /// The meaning of each printed cell of a row.
    fn cells(&self, row: &PrintedRow) -> ClassCells {
        let of = |column: Column| {
            let printed = printed(row, column)?;
            Some((printed.bounds(self.table.unit(), self.rounding), column))
        };
        let (precision, recall) = match self.columns {
            Columns::AsPrinted => (Column::Precision, Column::Recall),
            Columns::Swapped => (Column::Recall, Column::Precision),
        };
        ClassCells {
            support: row.support as i64, // MAX_PRINTED_SAMPLES at most
            missed: row.missed.map(|missed| i64::try_from(missed).unwrap_or(i64::MAX)),
            precision: of(precision),
            recall: of(recall),
            f1: of(Column::F1),
            accuracy: match self.accuracy {
                Some(AccuracyMeaning::OneVsRest) => of(Column::Accuracy),
                _ => None,
            },
        }
    }

    /// The accuracy of the whole table, if the reading has one.
    fn overall(&self) -> Option<Printed> {
        match self.accuracy {
            Some(AccuracyMeaning::Overall) => self.table.rows().iter().find_map(|row| row.accuracy),
            _ => None,
        }
    }

    fn explanation(
        &self,
        problem: &Problem,
        wrong: &WrongCells,
        boxes: &Boxes,
        most_matrices: usize,
    ) -> Result<Explanation, ForensicsError> {
        let mut margins = Vec::new();
        let unpacked = |boxed: &Vec<_>| unpack(&problem.supports, boxed, MATRIX_LIMIT, &mut margins);
        let all_margins = boxes.boxes.iter().all(unpacked) && !boxes.more;
        let (matrices, all_matrices) = self.matrices(&margins, most_matrices)?;
        let mut misprints = Vec::new();
        for (class, (row, wrong)) in self.table.rows().iter().zip(&wrong.0).enumerate() {
            for column in [Column::Precision, Column::Recall, Column::F1, Column::Accuracy] {
                if let (true, Some(printed)) = (wrong.has(column), printed(row, column)) {
                    let cell = Cell { class: Some(row.class.clone()), column };
                    let fraction = |margins: &Margins| self.fraction(column, &margins.one_vs_rest(class));
                    misprints.push(self.misprint(cell, printed, margins.iter().map(fraction).collect()));
                }
            }
        }
        if let (true, Some(printed)) = (wrong.1, self.overall()) {
            let cell = Cell { class: None, column: Column::Accuracy };
            let fraction = |margins: &Margins| (margins.correct.iter().sum(), self.table.total());
            misprints.push(self.misprint(cell, printed, margins.iter().map(fraction).collect()));
        }
        Ok(Explanation {
            misprints,
            margins,
            matrices,
            all_margins,
            all_matrices: all_margins && all_matrices,
        })
    }

    /// The matrices of all these margins, up to the limit, and whether these are all.
    fn matrices(
        &self,
        margins: &[Margins],
        most: usize,
    ) -> Result<(Vec<ConfusionMatrix>, bool), ForensicsError> {
        let classes = self.table.classes();
        let mut counts: Vec<Vec<u64>> = Vec::new();
        let flow = margins.iter().try_for_each(|margins| {
            margins.for_each_matrix(&mut |cells| {
                if counts.len() == most {
                    return ControlFlow::Break(());
                }
                counts.push(cells.to_vec());
                ControlFlow::Continue(())
            })
        });
        let matrix = |cells: &Vec<u64>| {
            ConfusionMatrix::from_counts(classes, &cells.chunks(classes.len()).collect::<Vec<_>>())
        };
        Ok((counts.iter().map(matrix).collect::<Result<_, _>>()?, flow.is_continue()))
    }

    fn misprint(&self, cell: Cell, printed: Printed, fractions: BTreeSet<(u64, u64)>) -> Misprint {
        let print = |(a, b)| printed.like_this(self.table.unit(), self.rounding, a, b);
        let mut implied: Vec<Printed> = fractions.into_iter().map(print).collect();
        implied.sort_unstable();
        implied.dedup();
        let differing_digits = implied.iter().filter_map(|other| printed.differing_digits(*other)).min();
        Misprint { cell, printed, implied, differing_digits }
    }

    /// The fraction that a column of this heading holds under this reading.
    fn fraction(&self, column: Column, counts: &BinaryCounts) -> (u64, u64) {
        let hits = counts.true_positives;
        match (column, self.columns) {
            (Column::Precision, Columns::AsPrinted) | (Column::Recall, Columns::Swapped) => {
                (hits, counts.predicted())
            }
            (Column::Recall, Columns::AsPrinted) | (Column::Precision, Columns::Swapped) => {
                (hits, counts.support())
            }
            (Column::F1, _) => (2 * hits, counts.support() + counts.predicted()),
            (Column::Accuracy, _) => (hits + counts.true_negatives, counts.total()),
        }
    }

    /// Cells that contradict the supports alone; the errors stated in the text are not used.
    fn impossible(&self, cells: &[ClassCells], overall: Option<Bounds>) -> Vec<ImpossibleCell> {
        let mut impossible = Vec::new();
        let total = self.table.total();
        for (row, cells) in self.table.rows().iter().zip(cells) {
            let candidates = ClassCells { missed: None, ..*cells }.candidates(total as i64); // MAX_PRINTED_SAMPLES at most
            for column in [Column::Precision, Column::Recall, Column::F1, Column::Accuracy] {
                let is_cell = column != Column::Accuracy || self.accuracy == Some(AccuracyMeaning::OneVsRest);
                let never = || candidates.iter().flatten().all(|candidate| candidate.wrong.has(column));
                if let Some(printed) = printed(row, column).filter(|_| is_cell && never()) {
                    let cell = Cell { class: Some(row.class.clone()), column };
                    let denominator = match (column, self.columns) {
                        (Column::Recall, Columns::AsPrinted) | (Column::Precision, Columns::Swapped) => {
                            Some(row.support)
                        }
                        (Column::Accuracy, _) => Some(self.table.total()),
                        _ => None,
                    };
                    impossible.push(self.with_neighbours(cell, printed, denominator));
                }
            }
        }
        if let (Some(printed), Some(bounds)) = (self.overall(), overall) {
            let (low, high) = bounds.numerators(total as i64);
            if low > high {
                let cell = Cell { class: None, column: Column::Accuracy };
                impossible.push(self.with_neighbours(cell, printed, Some(total)));
            }
        }
        impossible
    }

    /// An impossible printed number with the nearest possible ones.
    fn with_neighbours(&self, cell: Cell, printed: Printed, denominator: Option<u64>) -> ImpossibleCell {
        let nearest = denominator.map_or_else(Vec::new, |denominator| {
            let print = |a: u64| printed.like_this(self.table.unit(), self.rounding, a, denominator);
            // Prints grow with the numerator: the last one below and the first one above.
            let (mut low, mut high) = (0, denominator + 1);
            while low < high {
                let middle = u64::midpoint(low, high);
                if print(middle) < printed { low = middle + 1 } else { high = middle }
            }
            let below = low.checked_sub(1);
            let above = (low <= denominator).then_some(low);
            below.into_iter().chain(above).map(|a| (print(a), a, denominator)).collect()
        });
        ImpossibleCell { cell, printed, nearest }
    }
}

fn printed(row: &PrintedRow, column: Column) -> Option<Printed> {
    match column {
        Column::Precision => row.precision,
        Column::Recall => row.recall,
        Column::F1 => row.f1,
        Column::Accuracy => row.accuracy,
    }
}
