//! `radiograph check-table`: finds the confusion matrices that could have produced a printed table of scores.

use std::{fs::File, path::PathBuf};

use clap::ValueEnum;
use radiograph_forensics::{Columns, PrintedTable, Reading, Rounding, Unit, Verdict, examine};

use crate::{exit::Exit, failure::Failure, output};

/// Find the confusion matrices that can produce a printed table of scores
///
/// Finds exchanged precision and recall columns, and cells that cannot be true. The CSV has one row for each class of the
/// test set, with columns class, support and any of precision, recall, f1, accuracy. Optional columns: missed (number of
/// errors in this class that the text states), errors (total number of errors), and table (name of the row's table).
///
/// Exit code 1: no matrix produces every cell as printed.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph check-table table.csv --rounding half-up")]
pub(crate) struct Arguments {
    /// Printed table
    #[arg(value_name = "CSV")]
    table: PathBuf,

    /// Rounding of the table: half-up, half-even, truncated or any
    #[arg(long, default_value = "half-up")]
    rounding: Rounding,

    /// Unit of the table, 99.78 or 0.9978 [default: percent if any number is above 1]
    #[arg(long)]
    unit: Option<UnitName>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum UnitName {
    Percent,
    Fraction,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let verdicts = verdicts(arguments).map_err(|failure| failure.at(arguments.table.display()))?;
    if arguments.json {
        output::json(&verdicts)?;
    } else {
        verdicts.iter().try_for_each(output::line)?;
    }
    Ok(Exit::complete(verdicts.iter().all(as_printed)))
}

fn verdicts(arguments: &Arguments) -> Result<Vec<Verdict>, Failure> {
    let tables = PrintedTable::read_csv(File::open(&arguments.table)?)?;
    let verdict = |table: PrintedTable| {
        let table = match arguments.unit {
            Some(UnitName::Percent) => table.in_unit(Unit::Percent),
            Some(UnitName::Fraction) => table.in_unit(Unit::Fraction),
            None => table,
        };
        examine(&table, arguments.rounding).map_err(Failure::from)
    };
    tables.into_iter().map(verdict).collect()
}

/// Whether every cell and the headings can be right.
fn as_printed(verdict: &Verdict) -> bool {
    let fits = |reading: &Reading| {
        reading.columns == Columns::AsPrinted && reading.wrong == 0 && !reading.explanations.is_empty()
    };
    verdict.readings.iter().any(fits)
}
