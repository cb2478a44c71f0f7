//! Writes lines to standard error: errors, progress and warnings.
//!
//! A closed standard error is ignored: the work goes on, and the exit code still tells how it ended. `eprintln!` would end
//! the program with a panic, so lints keep it out of all other modules.

use std::io::{self, Write};

/// Writes one or more lines.
pub(crate) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
