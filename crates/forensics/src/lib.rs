#![doc = include_str!("../README.md")]

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
