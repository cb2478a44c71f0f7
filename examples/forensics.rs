//! Which confusion matrices can have made a printed table of scores.
//!
//! `cargo run -p radiograph-examples --no-default-features --example forensics`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use radiograph_forensics::{PrintedTable, Rounding, examine};

/// A table as a paper prints it. Its columns precision and recall are exchanged.
const TABLE: &str = "\
class,support,precision,recall,f1,accuracy
covid,463,98.49,100.0,99.24,99.50
pneumonia,462,100.0,99.72,99.86,99.50
normal,463,100.0,99.78,99.89,99.50
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for table in PrintedTable::read_csv(TABLE.as_bytes())? {
        let verdict = examine(&table, Rounding::HalfUp)?;
        println!("{verdict}");
    }
    Ok(())
}
