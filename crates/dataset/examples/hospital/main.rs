//! Writes what a hospital may hand out: a tree of drawn DICOM films, and a workbook of accession numbers and reports. The guide
//! docs/own-data.md works through it.
//!
//!     cargo run --release -p radiograph-dataset --example hospital -- FOLDER [PATIENTS [SIDE]]
//!
//! Without arguments it writes a small one into the folder `hospital`.

#![allow(clippy::print_stdout, reason = "an example says what it wrote")]

mod archive;

use std::{env, error::Error, path::PathBuf};

use archive::Archive;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let given = arguments.next();
    let (patients, side) = if given.is_some() { (60, 512) } else { (6, 64) };
    let folder: PathBuf = given.unwrap_or_else(|| "hospital".to_owned()).into();
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let archive = Archive { patients: number(patients)?, side: number(side)?, seed: 7 };
    let written = archive.write(&folder)?;
    println!(
        "{} DICOM files of {} patients in {}; {} films were sent twice under two numbers",
        written.films,
        archive.patients,
        folder.display(),
        written.copies.len()
    );
    Ok(())
}
