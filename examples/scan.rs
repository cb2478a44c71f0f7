//! Says what is in collections of chest X-rays, and what is wrong with them, before anything is trained on them.
//!
//! ```console
//! $ cargo ex scan -- ~/x-rays
//! cohen  /home/me/x-rays/covid-chestxray-dataset
//!     rows 673, images 633 (32.0 MB), patients known 319, rows and files left out 53, other files 211
//! …
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use radiograph_dataset::{
    scan::{Progress, Scan, ScanReport},
    source::{Recognised, recognise},
};
use radiograph_files::{FileError, create_folder, write_whole};

/// Say what is in collections of chest X-rays, and what is wrong with them.
///
/// Recognises the collections in the given folders by their layout (Cohen, Figure1, Actualmed, COVID-CXNet, Hannover, NIH
/// ChestX-ray14, Kermany, Mendeley augmented, one folder a class, saved web cases, DICOM files), counts their images by
/// class, view, age and more, and lists what deserves a look: rows without files, files without rows, names and
/// extensions that do not fit, doubtful images, classes that come from one collection only. Changes nothing.
///
/// Exit status: 0 if every folder was searched and every collection read, 1 if one was not or none was found, 2 if the
/// command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Folders of collections, or folders of such folders
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Folder for scan.json, scan.csv (all findings) and scan-counts.csv; made if it is not there
    #[arg(long, default_value = "scan-report", value_name = "DIR")]
    out: PathBuf,

    /// Only sniff the files, decode no image
    #[arg(long)]
    no_pixels: bool,

    /// Print the report as JSON instead of text
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every folder was searched and every collection read.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut recognised = Recognised::default();
    let mut all_searched = true;
    for folder in &arguments.folders {
        match recognise(folder) {
            Ok(found) => recognised.extend(found),
            Err(error) => {
                all_searched = false;
                eprintln!("{error}");
            }
        }
    }
    for folder in &recognised.unknown {
        eprintln!("{}: images in no layout that is known; skipped", folder.display());
    }
    for (path, reason) in &recognised.refused {
        eprintln!("{}: {reason}", path.display());
    }
    if recognised.sources.is_empty() {
        return Err("no collection was recognised; see the layouts in the documentation of radiograph_dataset::source".into());
    }
    let scan = Scan { pixels: !arguments.no_pixels, ..Scan::default() };
    let display = ProgressDisplay::new();
    let report = scan.run(&recognised.sources, &|progress| display.show(&progress))?;
    display.bar.finish_and_clear();

    let written = write(&report, &arguments.out)?;
    let mut output = io::stdout().lock();
    if arguments.json {
        report.write_json(&mut output)?;
    } else {
        writeln!(output, "{report}\nwritten: {}", written.map(|path| path.display().to_string()).join(", "))?;
    }
    Ok(all_searched && report.unread.is_empty())
}

fn write(report: &ScanReport, folder: &Path) -> Result<[PathBuf; 3], FileError> {
    create_folder(folder)?;
    let [json, findings, counts] = ["scan.json", "scan.csv", "scan-counts.csv"].map(|name| folder.join(name));
    write_whole(&json, |file| report.write_json(file))?;
    write_whole(&findings, |file| report.write_findings_csv(file))?;
    write_whole(&counts, |file| report.write_counts_csv(file))?;
    Ok([json, findings, counts])
}

/// A bar with rate and time left on a terminal, a line every few seconds elsewhere.
struct ProgressDisplay {
    bar: ProgressBar,
    last_line: Option<Mutex<Instant>>,
}

impl ProgressDisplay {
    const BETWEEN_LINES: Duration = Duration::from_secs(5);

    fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden(), last_line: Some(Mutex::new(Instant::now())) };
        }
        Self { bar: ProgressBar::no_length().with_style(style("{spinner} {msg}")), last_line: None }
    }

    fn show(&self, progress: &Progress) {
        match progress {
            Progress::Reading(source) => match &self.last_line {
                Some(_) => eprintln!("reading {source}"),
                None => self.bar.set_message(format!("reading {source}")),
            },
            Progress::Images { done, total } => match &self.last_line {
                Some(last) => Self::show_line(last, *done, *total),
                None => {
                    if self.bar.length().is_none() {
                        self.bar.set_style(style("{wide_bar} {pos}/{len} images, {per_sec}, {eta} left"));
                        self.bar.set_length(*total as u64);
                        self.bar.reset_elapsed();
                    }
                    self.bar.inc(1);
                }
            },
            _ => {}
        }
    }

    fn show_line(last: &Mutex<Instant>, done: usize, total: usize) {
        // Whoever finds the lock taken leaves the line to the one who holds it.
        let Ok(mut last) = last.try_lock() else { return };
        if last.elapsed() >= Self::BETWEEN_LINES || done == total {
            *last = Instant::now();
            eprintln!("{done} of {total} images");
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
