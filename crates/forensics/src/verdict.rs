//! The result of examining a printed table, as data; `words.rs` writes it as text.

use radiograph_metrics::ConfusionMatrix;
use serde::{Deserialize, Serialize};

use super::{Column, Margins, Printed, Rounding, Unit};

/// Reading of the columns headed precision and recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Columns {
    /// As they are headed.
    AsPrinted,
    /// Exchanged.
    Swapped,
}

/// Reading of the column headed accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccuracyMeaning {
    /// Correct / all: one cell, even if several rows repeat it.
    Overall,
    /// (TP + TN) / N of each class, equation 9 of the paper: one cell per row.
    OneVsRest,
}

/// A cell of a printed table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cell {
    /// The class of its row; `None` for the accuracy of the whole table.
    pub class: Option<String>,
    /// The heading of its column.
    pub column: Column,
}

/// A printed cell that no matrix with these supports can produce, whatever the other cells are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImpossibleCell {
    /// The cell.
    pub cell: Cell,
    /// The printed number.
    pub printed: Printed,
    /// The nearest possible numbers below and above it with their fractions, if the denominator is known.
    pub nearest: Vec<(Printed, u64, u64)>,
}

/// A cell that is wrong according to an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Misprint {
    /// The cell.
    pub cell: Cell,
    /// The printed number.
    pub printed: Printed,
    /// The numbers that the matrices of the explanation give for this cell: distinct values, ascending.
    pub implied: Vec<Printed>,
    /// Least number of digits in which an implied value differs from the printed one.
    pub differing_digits: Option<u32>,
}

/// A smallest set of wrong cells, and the margins and matrices that produce all other cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The wrong cells; empty if the table is consistent.
    pub misprints: Vec<Misprint>,
    /// The margins that produce all other cells.
    pub margins: Vec<Margins>,
    /// Whether the list of margins is complete; otherwise there are more than [`MATRIX_LIMIT`](super::MATRIX_LIMIT).
    pub all_margins: bool,
    /// The matrices with these margins; rows are the truth.
    pub matrices: Vec<ConfusionMatrix>,
    /// Whether the list of matrices is complete; otherwise [`Margins::for_each_matrix`] gives the others.
    pub all_matrices: bool,
}

/// Findings under one reading of the headings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reading {
    /// Reading of the columns headed precision and recall.
    pub columns: Columns,
    /// Reading of the column headed accuracy; `None` if there is no such column.
    pub accuracy: Option<AccuracyMeaning>,
    /// Number of printed cells under this reading.
    pub cells: usize,
    /// Number of cells that must be wrong; a lower bound if there is no explanation.
    pub wrong: usize,
    /// Every explanation with this number of wrong cells. Empty if no matrix has the errors that the text states, or if
    /// the search was cut by its steps or at [`EXPLANATION_LIMIT`](super::EXPLANATION_LIMIT).
    pub explanations: Vec<Explanation>,
    /// Whether the search was complete. Otherwise there may be more explanations, or only ones with more wrong cells.
    pub complete: bool,
    /// Cells that are impossible by themselves.
    pub impossible: Vec<ImpossibleCell>,
}

impl Reading {
    /// The number of cells that must be wrong.
    #[must_use]
    pub fn misprints(&self) -> usize {
        self.wrong
    }

    /// The number of cells that the best matrices produce.
    #[must_use]
    pub fn matched(&self) -> usize {
        self.cells - self.wrong
    }

    /// The matrix, if exactly one explains the table.
    #[must_use]
    pub fn unique_matrix(&self) -> Option<&ConfusionMatrix> {
        match &*self.explanations {
            [Explanation { matrices, all_matrices: true, .. }] if self.complete && matrices.len() == 1 => {
                matrices.first()
            }
            _ => None,
        }
    }
}

/// Result of an examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// Name of the table.
    pub table: String,
    /// Number of samples: the sum of all supports.
    pub samples: u64,
    /// Assumed rounding.
    pub rounding: Rounding,
    /// Assumed unit.
    pub unit: Unit,
    /// One entry for each way of reading the headings.
    pub readings: Vec<Reading>,
    /// Classes whose printed F1 cannot be the harmonic mean of numbers that print as their precision and recall.
    pub inconsistent_f1: Vec<String>,
    /// Number of rows in which F1 could be checked.
    pub checked_f1: usize,
}

impl Verdict {
    /// Whether some confusion matrix produces every cell under some reading of the headings.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.readings.iter().any(|reading| reading.wrong == 0 && !reading.explanations.is_empty())
    }

    /// The reading with the fewest wrong cells; among equals the first (the reading as printed comes first).
    #[must_use]
    pub fn best(&self) -> Option<&Reading> {
        self.best_readings().into_iter().next()
    }

    /// Whether the columns headed precision and recall are exchanged; `None` if both readings explain the table equally
    /// well, or if a search was cut before that was clear.
    #[must_use]
    pub fn columns(&self) -> Option<Columns> {
        let best = self.best_readings();
        let first = best.first()?;
        let rivals = self.readings.iter().filter(|reading| reading.columns != first.columns);
        let clear = rivals
            .into_iter()
            .all(|rival| rival.wrong > first.wrong || (rival.complete && rival.explanations.is_empty()));
        clear.then_some(first.columns)
    }

    /// All readings with the fewest wrong cells.
    #[must_use]
    pub fn best_readings(&self) -> Vec<&Reading> {
        let explained = || self.readings.iter().filter(|reading| !reading.explanations.is_empty());
        let fewest = explained().map(|reading| reading.wrong).min();
        explained().filter(|reading| Some(reading.wrong) == fewest).collect()
    }
}
