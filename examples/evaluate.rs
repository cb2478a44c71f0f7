//! Tests a finished run's best model on X-rays of another place, where what it learned about its own hospitals is no help.
//!
//! ```console
//! $ cargo ex evaluate -- --run runs/first --data ~/x-rays-of-our-hospital --out elsewhere
//! ```
//!
//! It prints how many images were left out and why, the confusion matrix, and each score with its interval in the run's own test
//! part and elsewhere, side by side.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
#![allow(clippy::result_large_err, reason = "an evaluation fails once; the error carries what is known")]

mod run_progress;

use std::{
    error::Error,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use radiograph::ExternalTest;
use radiograph_files::{create_folder, write_bytes, write_whole};
use radiograph_libtorch::Device;
use radiograph_metrics::{Evaluation, Table};

use crate::run_progress::RunProgress;

/// Test a finished run's best model on X-rays of another place.
///
/// A run's own test images come from the collections that it was trained on, and a model can tell those apart instead of
/// diseases. This program scores the model on collections that it has never seen, beside its own test scores. Images that it
/// was trained on, or that show the same picture or patient as one of those, are left out and counted.
///
/// Exit status: 0 if the model was scored, 1 if not, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Folder of a finished run of `pipeline`
    #[arg(long, value_name = "RUN")]
    run: PathBuf,

    /// Folder that holds collections the run has not seen, laid out as `scan` knows them
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder for external.json and predictions.csv, which `metrics` reads; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// cpu, cuda:0, … [default: the run's]
    #[arg(long, value_name = "DEVICE")]
    device: Option<Device>,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    create_folder(&arguments.out)?;
    let mut progress = RunProgress::default();
    let mut watch = |news: radiograph::Progress<'_>| {
        progress.show(news);
        ControlFlow::Continue(())
    };
    let test = ExternalTest::of_run(&arguments.run, &arguments.data, arguments.device, &mut watch)?;
    let json = serde_json::to_string_pretty(&test)?;
    let table = write(&test, &json, &arguments.out)?;
    if arguments.json {
        println!("{json}");
    } else {
        print(&test, &table);
    }
    Ok(())
}

fn write(test: &ExternalTest, json: &str, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    write_bytes(&folder.join("external.json"), json.as_bytes())?;
    let table = folder.join("predictions.csv");
    write_whole(&table, |file| test.predictions.write_csv(file).map_err(std::io::Error::other))?;
    Ok(table)
}

fn print(test: &ExternalTest, predictions: &Path) {
    let Evaluation { samples, patients, .. } = &test.elsewhere;
    println!("{}: {samples} images of {patients} patients from elsewhere", test.model);
    for (reason, images) in &test.left_out {
        println!("    left out, {reason}: {images}");
    }
    if test.not_compared > 0 {
        println!(
            "    WARNING: the files of {} training images are gone; whether they show a picture that is tested here is unknown",
            test.not_compared
        );
    }
    if test.warned > 0 {
        println!("    WARNING: {} of the images are not like those that the model knows", test.warned);
    }
    println!("\nconfusion elsewhere\n{}", Table::from(&test.elsewhere.confusion).to_text());
    println!("{}", test.contrast().to_text());
    println!("images by class and source\n{}", Table::from(&test.sources).to_text());
    test.sources.warnings().iter().for_each(|warning| println!("warning: {warning}"));
    println!("next     cargo ex metrics -- {}", predictions.display());
}
