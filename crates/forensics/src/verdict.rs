//! What an examination of a printed table found, as data; `words.rs` puts it into words.

use radiograph_metrics::ConfusionMatrix;
use serde::{Deserialize, Serialize};

use super::{Column, Margins, Printed, Rounding, Unit};

/// How the columns headed precision and recall are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Columns {
    /// As they are headed.
    AsPrinted,
    /// Each as the other.
    Swapped,
}

/// How the column headed accuracy is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccuracyMeaning {
    /// Correct / all: one cell, however many rows repeat it.
    Overall,
    /// (TP + TN) / N of each class, equation 9 of the paper: a cell in every row.
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

/// A printed cell that no matrix with these supports can produce, whatever the other cells say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImpossibleCell {
    /// The cell.
    pub cell: Cell,
    /// What is printed there.
    pub printed: Printed,
    /// The possible prints next below and above it with their fractions, where the denominator is known.
    pub nearest: Vec<(Printed, u64, u64)>,
}

/// A cell that an explanation takes to be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Misprint {
    /// The cell.
    pub cell: Cell,
    /// What is printed there.
    pub printed: Printed,
    /// What the matrices of the explanation print there: the distinct values, ascending.
    pub implied: Vec<Printed>,
    /// The fewest digits in which an implied value differs from the printed one.
    pub differing_digits: Option<u32>,
}

/// A smallest set of wrong cells, and the margins and matrices that produce all other cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The cells that are wrong; none if the table is consistent.
    pub misprints: Vec<Misprint>,
    /// The margins that produce all other cells.
    pub margins: Vec<Margins>,
    /// Whether these are all margins; else there are more than [`MATRIX_LIMIT`](super::MATRIX_LIMIT).
    pub all_margins: bool,
    /// The matrices with these margins, rows truth.
    pub matrices: Vec<ConfusionMatrix>,
    /// Whether these are all matrices; else there are more than are listed, to be had from
    /// [`Margins::for_each_matrix`].
    pub all_matrices: bool,
}

/// What the table says under one reading of its headings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reading {
    /// How the columns headed precision and recall are read.
    pub columns: Columns,
    /// How the column headed accuracy is read; `None` if there is none.
    pub accuracy: Option<AccuracyMeaning>,
    /// Printed cells under this reading.
    pub cells: usize,
    /// Cells that must be wrong. If there is no explanation, fewer than these are not enough.
    pub wrong: usize,
    /// Every explanation with so many wrong cells. None if no matrix has the errors that the text states, or if the
    /// search was cut, by its steps or at [`EXPLANATION_LIMIT`](super::EXPLANATION_LIMIT).
    pub explanations: Vec<Explanation>,
    /// Whether the search went to its end: else there may be more explanations, or one with more wrong cells.
    pub complete: bool,
    /// Cells that are impossible on their own.
    pub impossible: Vec<ImpossibleCell>,
}

impl Reading {
    /// Cells that must be wrong.
    #[must_use]
    pub fn misprints(&self) -> usize {
        self.wrong
    }

    /// Cells that the best matrices produce.
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

/// The outcome of an examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The table's name.
    pub table: String,
    /// All supports together.
    pub samples: u64,
    /// The rounding that was assumed.
    pub rounding: Rounding,
    /// The unit that was assumed.
    pub unit: Unit,
    /// One entry for each way of reading the headings.
    pub readings: Vec<Reading>,
    /// Classes whose printed F1 is not the harmonic mean of any numbers that print as their precision and recall.
    pub inconsistent_f1: Vec<String>,
    /// Rows in which that could be checked.
    pub checked_f1: usize,
}

impl Verdict {
    /// The reading under which the fewest cells are wrong; the first of several that tie (as printed comes first).
    #[must_use]
    pub fn best(&self) -> Option<&Reading> {
        self.best_readings().into_iter().next()
    }

    /// Whether the columns headed precision and recall are what they say; `None` if both readings explain the table
    /// equally well, or if a search was cut before that was clear.
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

    /// All readings under which the fewest cells are wrong.
    #[must_use]
    pub fn best_readings(&self) -> Vec<&Reading> {
        let explained = || self.readings.iter().filter(|reading| !reading.explanations.is_empty());
        let fewest = explained().map(|reading| reading.wrong).min();
        explained().filter(|reading| Some(reading.wrong) == fewest).collect()
    }
}
