//! Finds every confusion matrix that could have produced a printed table of scores.
//!
//! A few integers determine precision, recall and F1, and an exhaustive search over the given supports finds them.
//! Often exactly one matrix fits. If none fits, some cell is wrong. All arithmetic is in integers, so it adds no
//! rounding error.
//!
//! Table 3 of Islam et al. (the paper that this project implements) prints these scores of the network InceptionV3-RNN:
//!
//! ```
//! use radiograph_forensics::{Columns, PrintedTable, Rounding, examine};
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
//!
//! // What `radiograph check-table table.csv` prints of this table:
//! assert_eq!(
//!     verdict.to_string(),
//!     "\
//! table: 1388 samples, rounding half-up
//!   F1 agrees with the printed precision and recall in 3 rows
//!   as printed: 6 of 10 cells fit
//!     covid \"recall\" 96.44 is impossible with these supports (nearest: 96.33 = 446/463, 96.54 = 447/463)
//!     pneumonia \"recall\" 99.55 is impossible with these supports (nearest: 99.35 = 459/462, 99.57 = 460/462)
//!     covid \"precision\" 99.35 should be 96.44
//!     covid \"recall\" 96.44 should be 99.35
//!     pneumonia \"precision\" 96.32 should be 99.33
//!     pneumonia \"recall\" 99.55 should be 96.54
//!     one matrix (rows truth):
//!       covid       460     3     0
//!       pneumonia    16   446     0
//!       normal        1     0   462
//!
//!   precision and recall exchanged: 10 of 10 cells fit
//!     one matrix (rows truth):
//!       covid       460     2     1
//!       pneumonia    17   445     0
//!       normal        0     0   463
//!
//!   as printed, accuracy one-vs-rest: 6 of 12 cells fit
//!   precision and recall exchanged, accuracy one-vs-rest: 10 of 12 cells fit
//!   verdict: the columns precision and recall are exchanged; accuracy is overall, not one-vs-rest; every cell fits; exactly one confusion matrix is possible
//! "
//! );
//! # Ok::<(), radiograph_forensics::ForensicsError>(())
//! ```
//!
//! A verdict lists every smallest explanation and does not rank them.

mod candidates;
mod column;
mod error;
mod examine;
mod matrices;
mod printed;
mod search;
mod table;
mod verdict;
mod words;

pub use column::Column;
pub use error::ForensicsError;
pub use examine::{STEP_LIMIT, examine};
pub use matrices::Margins;
pub use printed::{Printed, Rounding, Unit};
pub use search::{EXPLANATION_LIMIT, MATRIX_LIMIT};
pub use table::{MAX_PRINTED_CLASSES, MAX_PRINTED_SAMPLES, PrintedRow, PrintedTable};
pub use verdict::{AccuracyMeaning, Cell, Columns, Explanation, ImpossibleCell, Misprint, Reading, Verdict};
