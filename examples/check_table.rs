//! Examines a printed table of precision, recall, F1 and accuracy: which confusion matrices can have made it?
//!
//! The table is a CSV with one row a class; every class of the test set needs a row, for its support:
//!
//! ```csv
//! class,support,precision,recall,f1,accuracy
//! covid,463,98.49,100.0,99.24,99.50
//! pneumonia,462,100.0,99.72,99.86,99.50
//! normal,463,100.0,99.78,99.89,99.50
//! ```
//!
//! ```console
//! $ cargo ex check_table -- table.csv
//! table: 1388 samples, rounding half-up
//!   F1 agrees with the printed precision and recall in 3 rows
//!   as printed: 6 of 10 cells fit
//!     pneumonia "recall" 99.72 is impossible with these supports (nearest: 99.57 = 460/462, 99.78 = 461/462)
//!     pneumonia "F1" 99.86 is impossible with these supports
//!     covid "precision" 98.49 should be 98.51
//!     covid "F1" 99.24 should be 99.25: one wrong digit
//!     pneumonia "recall" 99.72 should be 98.70
//!     pneumonia "F1" 99.86 should be 99.35
//!     one matrix (rows truth):
//!       covid       463     0     0
//!       pneumonia     6   456     0
//!       normal        1     0   462
//!
//!   precision and recall exchanged: 8 of 10 cells fit
//!     pneumonia "F1" 99.86 is impossible with these supports
//!     pneumonia "recall" 99.72 should be 98.72: one wrong digit
//!     pneumonia "F1" 99.86 should be 99.35
//!     one matrix (rows truth):
//!       covid       456     6     1
//!       pneumonia     0   462     0
//!       normal        0     0   463
//!
//!   as printed, accuracy one-vs-rest: 6 of 12 cells fit
//!   precision and recall exchanged, accuracy one-vs-rest: 8 of 12 cells fit
//!   verdict: the columns precision and recall are exchanged; accuracy is overall, not one-vs-rest; 2 cells are wrong; exactly one confusion matrix is possible
//! ```
//!
//! Exit code 0: some matrix makes every cell as printed. 1: none does. 2: the file or a setting is unusable.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{fs::File, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use radiograph_metrics::{
    Error,
    forensics::{Columns, PrintedTable, Rounding, Unit, Verdict, examine},
};

/// Say which confusion matrices can have made a printed table of scores.
///
/// Finds exchanged precision and recall columns and cells that cannot be true.
#[derive(Parser)]
struct Arguments {
    /// CSV with columns class, support and any of precision, recall, f1, accuracy; also missed (errors in this class that
    /// the text states), errors (errors in all), and table (rows of one name are one table)
    table: PathBuf,
    /// How the table was rounded: half-up, half-even, truncated, or any of these
    #[arg(long, default_value = "half-up")]
    rounding: Rounding,
    /// Whether the table prints 99.78 or 0.9978 [default: percent if any number is above 1]
    #[arg(long)]
    unit: Option<UnitName>,
    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum UnitName {
    Percent,
    Fraction,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match verdicts(&arguments) {
        Ok(verdicts) => {
            if arguments.json {
                match serde_json::to_string_pretty(&verdicts) {
                    Ok(text) => println!("{text}"),
                    Err(error) => return unusable(&arguments, &error),
                }
            } else {
                verdicts.iter().for_each(|verdict| println!("{verdict}"));
            }
            if verdicts.iter().all(as_printed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => unusable(&arguments, &error),
    }
}

fn verdicts(arguments: &Arguments) -> Result<Vec<Verdict>, Error> {
    let file = File::open(&arguments.table).map_err(|error| Error::Csv(error.into()))?;
    let tables = PrintedTable::read_csv(file)?;
    let verdict = |table: PrintedTable| {
        let table = match arguments.unit {
            Some(UnitName::Percent) => table.in_unit(Unit::Percent),
            Some(UnitName::Fraction) => table.in_unit(Unit::Fraction),
            None => table,
        };
        examine(&table, arguments.rounding)
    };
    tables.into_iter().map(verdict).collect()
}

/// Whether every cell can be what it says, headings included.
fn as_printed(verdict: &Verdict) -> bool {
    let fits = |reading: &&radiograph_metrics::forensics::Reading| {
        reading.columns == Columns::AsPrinted && reading.wrong == 0 && !reading.explanations.is_empty()
    };
    verdict.readings.iter().any(|reading| fits(&reading))
}

fn unusable(arguments: &Arguments, error: &dyn std::error::Error) -> ExitCode {
    eprintln!("{}: {error}", arguments.table.display());
    ExitCode::from(2)
}
