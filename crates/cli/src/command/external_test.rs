//! `radiograph external-test`: scores the best model of a run on images of another place.

use std::path::{Path, PathBuf};

use radiograph::ExternalTest;
use radiograph_files::{create_folder, write_bytes, write_whole};
use radiograph_libtorch::DeviceName;
use radiograph_metrics::Table;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress};

/// Test the best model of a finished run on X-rays of another place
///
/// The test images of a run come from the collections that the model was trained on, so the model may recognise the
/// collection instead of the disease. This command scores the model on collections that it has not seen, beside its scores
/// in the run, and keeps the result in the run for `audit`. Images of a picture or patient in the training part are left out and counted.
///
/// Exit code 1: an image cannot be read, or a folder of images was left out, because its layout is unknown or it cannot be
/// searched.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  radiograph external-test runs/first --data elsewhere/collections --out external"
)]
pub(crate) struct Arguments {
    /// Folder of a finished run
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Folder of collections that the run has not seen; `scan --help` lists the layouts
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder for external.json and predictions.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Device: cpu, cuda:0, … [default: that of the run]
    #[arg(long)]
    device: Option<DeviceName>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let device = arguments.device.map(DeviceName::device).transpose()?;
    let test = ExternalTest::of_run(&arguments.run, &arguments.data, device, &mut watch)?;
    progress.end();
    let table = write(&test, &arguments.out)?;
    test.keep(&arguments.run)?;
    if arguments.json {
        output::json(&test)?;
    } else {
        print(&test, &table)?;
    }
    Ok(Exit::complete(test.is_complete()))
}

fn write(test: &ExternalTest, folder: &Path) -> Result<PathBuf, Failure> {
    create_folder(folder)?;
    write_bytes(&folder.join("external.json"), &serde_json::to_vec_pretty(test)?)?;
    let table = folder.join("predictions.csv");
    write_whole(&table, |file| test.predictions.write_csv(file).map_err(std::io::Error::other))?;
    Ok(table)
}

fn print(test: &ExternalTest, predictions: &Path) -> Result<(), Failure> {
    let (samples, units) = (test.elsewhere.samples, test.elsewhere.units_in_words());
    output::line(format!("{}: {samples} images of another place, in {units}", test.model))?;
    for (reason, images) in &test.left_out {
        output::line(format!("    left out, {reason}: {images}"))?;
    }
    test.unsearched.sentences().try_for_each(|sentence| output::line(format!("    {sentence}")))?;
    if test.not_compared > 0 {
        output::line(format!(
            "    WARNING: the files of {} training images are missing; a tested picture may be one of them",
            test.not_compared
        ))?;
    }
    if test.also_at_home > 0 {
        output::line(format!(
            "    WARNING: {} of the images are in the run's own test part: home and elsewhere are not independent, so the tests \
             below are not valid",
            test.also_at_home
        ))?;
    }
    if test.unfamiliar > 0 {
        output::line(format!(
            "    WARNING: {} of the images are unlike the training images",
            test.unfamiliar
        ))?;
    }
    output::line(format!("\nconfusion elsewhere\n{}", Table::from(&test.elsewhere.confusion).to_text()))?;
    output::line(format!(
        "differences are those of different patients: an interval without 0 means that the place matters\n{}",
        test.contrast().to_text()
    ))?;
    output::line(format!("images by class and source\n{}", Table::from(&test.sources).to_text()))?;
    test.sources.warnings().iter().try_for_each(|warning| output::line(format!("warning: {warning}")))?;
    output::line(format!("next     radiograph metrics {}", predictions.display()))
}
