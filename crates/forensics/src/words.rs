//! Writes a verdict as text.

use std::fmt;

use radiograph_metrics::ConfusionMatrix;

use super::{
    AccuracyMeaning, Cell, Column, Columns, Explanation, ImpossibleCell, Margins, Misprint, Reading, Verdict,
};

/// Maximum number of explanations and of matrices of a reading that are written out; their total numbers are always
/// given.
const SHOWN: usize = 3;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.table.is_empty() { "table" } else { &self.table };
        writeln!(f, "{name}: {} samples, rounding {}", self.samples, self.rounding)?;
        if self.checked_f1 > 0 {
            let plural = if self.checked_f1 == 1 { "row" } else { "rows" };
            match &*self.inconsistent_f1 {
                [] => writeln!(
                    f,
                    "  F1 agrees with the printed precision and recall in {} {plural}",
                    self.checked_f1
                )?,
                rows => writeln!(
                    f,
                    "  F1 is not the mean of the printed precision and recall of {}",
                    rows.join(", ")
                )?,
            }
        }
        let best = self.best_readings();
        for reading in &self.readings {
            // The less usual meaning of accuracy is spelled out only where it explains the table.
            let usual = reading.accuracy != Some(AccuracyMeaning::OneVsRest);
            if usual || best.contains(&reading) {
                write!(f, "{reading}")?;
            } else {
                reading.write_heading(f)?;
            }
        }
        writeln!(f, "  verdict: {}", self.conclusion())
    }
}

impl Verdict {
    /// The verdict in one sentence.
    #[must_use]
    pub fn conclusion(&self) -> String {
        let best = self.best_readings();
        let Some(first) = best.first() else {
            return if self.readings.iter().all(|reading| reading.complete) {
                "no confusion matrix has the errors that the text states, whatever the cells say".to_owned()
            } else {
                "too many cells are wrong for the search to end".to_owned()
            };
        };
        let columns = match self.columns() {
            Some(Columns::AsPrinted) => "the columns are what they say",
            Some(Columns::Swapped) => "the columns precision and recall are exchanged",
            None => "precision and recall cannot be told apart",
        };
        let accuracy = match (first.accuracy, best.iter().all(|reading| reading.accuracy == first.accuracy)) {
            (Some(AccuracyMeaning::OneVsRest), true) => "; accuracy is one-vs-rest",
            (Some(AccuracyMeaning::Overall), true) if self.readings.len() > 2 => {
                "; accuracy is overall, not one-vs-rest"
            }
            _ => "",
        };
        let cells = match first.wrong {
            0 => "every cell fits".to_owned(),
            1 => "1 cell is wrong".to_owned(),
            wrong => format!("{wrong} cells are wrong"),
        };
        let matrices = match (first.unique_matrix(), best.len()) {
            (Some(_), 1) => "; exactly one confusion matrix is possible",
            _ => "",
        };
        format!("{columns}{accuracy}; {cells}{matrices}")
    }
}

impl Reading {
    /// The reading, and the number of cells that fit.
    fn write_heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = match self.columns {
            Columns::AsPrinted => "as printed",
            Columns::Swapped => "precision and recall exchanged",
        };
        let accuracy = match self.accuracy {
            Some(AccuracyMeaning::OneVsRest) => ", accuracy one-vs-rest",
            Some(AccuracyMeaning::Overall) | None => "",
        };
        write!(f, "  {columns}{accuracy}: ")?;
        match (self.explanations.is_empty(), self.complete) {
            (true, true) => writeln!(f, "no matrix has the stated errors"),
            (true, false) => {
                writeln!(f, "at least {} of {} cells are wrong; search cut", self.wrong, self.cells)
            }
            (false, complete) => {
                let cut = if complete { "" } else { "; search cut, there may be more explanations" };
                writeln!(f, "{} of {} cells fit{cut}", self.matched(), self.cells)
            }
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_heading(f)?;
        for cell in &self.impossible {
            writeln!(f, "    {cell}")?;
        }
        for explanation in self.explanations.iter().take(SHOWN) {
            write!(f, "{explanation}")?;
        }
        match self.explanations.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "    and {more} other sets of {} wrong cells", self.wrong),
        }
    }
}

impl fmt::Display for ImpossibleCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is impossible with these supports", self.cell, self.printed)?;
        let nearest: Vec<String> =
            self.nearest.iter().map(|(printed, a, b)| format!("{printed} = {a}/{b}")).collect();
        if nearest.is_empty() { Ok(()) } else { write!(f, " (nearest: {})", nearest.join(", ")) }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for misprint in &self.misprints {
            writeln!(f, "    {misprint}")?;
        }
        let (margins, matrices) = (self.margins.len(), self.matrices.len());
        match (margins, matrices, self.all_margins, self.all_matrices) {
            (1, 1, true, true) => writeln!(f, "    one matrix (rows truth):")?,
            (_, _, true, true) => writeln!(f, "    {matrices} matrices (rows truth):")?,
            (1, _, true, false) => {
                writeln!(f, "    one set of margins, more than {matrices} matrices:")?;
                return write_margins(f, &self.margins[0], self.matrices.first());
            }
            (_, _, true, false) => {
                writeln!(f, "    {margins} sets of margins, more than {matrices} matrices, among them:")?;
            }
            (_, _, false, _) => writeln!(f, "    more than {margins} sets of margins, among the matrices:")?,
        }
        for matrix in self.matrices.iter().take(SHOWN) {
            write_matrix(f, matrix)?;
        }
        if matrices > SHOWN { writeln!(f, "      …") } else { Ok(()) }
    }
}

impl fmt::Display for Misprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.implied.len() > SHOWN {
            return write!(f, "{} {} is wrong; what it should be is open", self.cell, self.printed);
        }
        let implied: Vec<String> = self.implied.iter().map(ToString::to_string).collect();
        write!(f, "{} {} should be {}", self.cell, self.printed, implied.join(" or "))?;
        if self.differing_digits == Some(1) { f.write_str(": one wrong digit") } else { Ok(()) }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = match self.column {
            Column::Precision => "\"precision\"",
            Column::Recall => "\"recall\"",
            Column::F1 => "\"F1\"",
            Column::Accuracy => "\"accuracy\"",
        };
        match &self.class {
            Some(class) => write!(f, "{class} {column}"),
            None => f.write_str(column),
        }
    }
}

fn write_matrix(f: &mut fmt::Formatter<'_>, matrix: &ConfusionMatrix) -> fmt::Result {
    let width = matrix.classes().names().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, row) in matrix.classes().names().zip(matrix.rows()) {
        let cells: Vec<String> = row.iter().map(|count| format!("{count:>6}")).collect();
        writeln!(f, "      {name:<width$}{}", cells.concat())?;
    }
    writeln!(f)
}

fn write_margins(
    f: &mut fmt::Formatter<'_>,
    margins: &Margins,
    matrix: Option<&ConfusionMatrix>,
) -> fmt::Result {
    let names = matrix.map(|matrix| matrix.classes().clone());
    for class in 0..margins.support.len() {
        let name = names.as_ref().and_then(|names| names.names().nth(class)).unwrap_or("");
        let (correct, support, predicted) =
            (margins.correct[class], margins.support[class], margins.predicted[class]);
        writeln!(f, "      {name}: {correct} of {support} found, {predicted} predicted")?;
    }
    Ok(())
}
