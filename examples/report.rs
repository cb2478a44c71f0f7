//! Makes the page and the figures of a report from its JSON, which any program may write. Runs of `pipeline` write their pages
//! themselves, and no such JSON.
//!
//! ```console
//! $ cargo ex report -- report.json page
//! page/report.html: 1.3 MB, 36 figures in … s
//! ```
//!
//! Exit code 0: written. 2: the file is no report, or parts of it contradict one another.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{error::Error, fs::File, io::BufReader, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use radiograph_report::Report;

/// Make the page and the figures of a report.
#[derive(Parser)]
struct Arguments {
    /// The report as JSON (see the documentation of `radiograph_report::Report`)
    report: PathBuf,
    /// The folder to write into; made if it is missing
    folder: PathBuf,
}

fn main() -> ExitCode {
    match make(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn make(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let in_file = |error: &dyn Error| format!("{}: {error}", arguments.report.display());
    let file = File::open(&arguments.report).map_err(|error| in_file(&error))?;
    let report: Report = serde_json::from_reader(BufReader::new(file)).map_err(|error| in_file(&error))?;
    let rendered = report.render().map_err(|error| in_file(&error))?;
    let page = rendered.write(&arguments.folder)?;
    println!(
        "{}: {:.1} MB, {} figures in {:.1} s",
        page.display(),
        rendered.html.len() as f64 / 1e6,
        rendered.figures.iter().count(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
