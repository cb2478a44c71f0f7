//! Forensics: which confusion matrices can have made a printed table of scores.
//!
//! A table of precision, recall and F1 is made of a few integers. Given the supports, the integers can be searched for
//! exhaustively: often exactly one matrix fits, and where none does some cell is wrong. All arithmetic is in integers, so
//! no rounding of ours can blur that of the table.
//!
//! Table 3 of Islam et al. (the paper that this project implements) prints for one of its networks, InceptionV3-RNN:
//!
//! ```
//! use radiograph_metrics::forensics::{Columns, PrintedTable, Rounding, examine};
//!
//! let table = PrintedTable::read_csv(
//!     "class,support,precision,recall,f1,accuracy\n\
//!      covid,463,99.35,96.44,97.87,98.56\n\
//!      pneumonia,462,96.32,99.55,97.91,98.56\n\
//!      normal,463,100.0,99.78,99.89,98.56\n"
//!         .as_bytes(),
//! )?
//! .remove(0);
//! let verdict = examine(&table, Rounding::HalfUp)?;
//!
//! // Only with the columns exchanged does a matrix fit, and then only one does.
//! assert_eq!(verdict.columns(), Some(Columns::Swapped));
//! let reading = verdict.best().unwrap();
//! assert_eq!(reading.misprints(), 0);
//! let matrices = &reading.explanations[0].matrices;
//! assert_eq!(matrices.len(), 1);
//! assert_eq!(matrices[0].rows(), [[460, 2, 1], [17, 445, 0], [0, 0, 463]]);
//! # Ok::<(), radiograph_metrics::Error>(())
//! ```
//!
//! What cannot be told apart is said to be so: a verdict lists every smallest explanation, not the likeliest one.

mod candidates;
mod examine;
mod matrices;
mod printed;
mod search;
mod table;
mod verdict;
mod words;

pub use examine::{MATRIX_LIMIT, STEP_LIMIT, examine};
pub use matrices::Margins;
pub use printed::{Printed, Rounding, Unit};
pub use table::{MAX_PRINTED_CLASSES, MAX_PRINTED_SAMPLES, PrintedRow, PrintedTable};
pub use verdict::{
    AccuracyMeaning, Cell, Column, Columns, Explanation, ImpossibleCell, Misprint, Reading, Verdict,
};
