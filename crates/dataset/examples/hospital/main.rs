//! Writes what a hospital may hand out: a tree of drawn DICOM films, and a workbook of accession numbers and reports. The guide
//! docs/own-data.md works through it.
//!
//!     cargo run --release -p radiograph-dataset --example hospital -- FOLDER [PATIENTS [SIDE]]

#![allow(clippy::print_stdout, reason = "an example says what it wrote")]

mod archive;

use std::{env, error::Error, path::PathBuf};

use archive::Archive;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("give a folder")?.into();
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let archive = Archive { patients: number(60)?, side: number(512)?, seed: 7 };
    let written = archive.write(&folder)?;
    println!("{} DICOM files of {} patients in {}", written.films, archive.patients, folder.display());
    Ok(())
}
