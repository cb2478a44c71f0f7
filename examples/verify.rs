//! Checks an assembled data set: every file read again, and its certificate computed anew.
//!
//! ```console
//! $ cargo run --release -p radiograph-examples --no-default-features --example verify -- assembled
//! 2169 images are as the manifest says, and nothing leaks
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

mod progress;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use radiograph_dataset::{prepare::with_threads, verify::verify};

use progress::ProgressDisplay;

/// Check an assembled data set: every file, and that nothing leaks.
///
/// Reads manifest.csv and leakage.json of a folder, reads every image again, and looks for shared patients, pictures, groups
/// and families across every border of the split as if for the first time. Each difference is one line.
///
/// Exit status: 0 if nothing differs, 1 if something does or the check cannot be made, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Folder that `assemble` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Folder that holds the collections, if they were moved since
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Threads that read images; as many as there are cores unless given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing differs.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let display = ProgressDisplay::new();
    let found = with_threads(arguments.threads, || {
        verify(&arguments.folder, arguments.data.as_deref(), &|progress| display.show(&progress))
    })??;
    display.finish();
    for difference in &found.differences {
        println!("{difference}");
    }
    match found.differences.len() {
        0 if found.certificate.clean => {
            println!("{} images are as the manifest says, and nothing leaks", found.images);
        }
        0 => println!("{} images are as the manifest says; leaks are as certified", found.images),
        count => println!("{count} differences, {} images", found.images),
    }
    Ok(found.differences.is_empty())
}
