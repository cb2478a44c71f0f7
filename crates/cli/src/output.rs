//! Prints results on standard output.
//!
//! With `--json`, standard output carries one JSON value and nothing else. Progress and warnings never go there.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints one or more lines.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    write(format!("{text}\n").as_bytes())
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write(&text)
}

/// Prints bytes unchanged.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        // The reader, such as `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::machine(format!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}
