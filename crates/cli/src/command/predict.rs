//! `radiograph predict`: classifies X-rays with the best model of a finished run, and warns of unreliable predictions.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use radiograph::{Prediction, Predictor};
use radiograph_files::{create_folder, write_bytes};
use radiograph_libtorch::DeviceName;

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// Classify chest X-rays with the best model of a finished run
///
/// Prints the probability of every class for each image, calibrated where the run could calibrate. A warning follows if an
/// image is unlike the training images: a lateral film, a colour photograph, something else. With --out it also draws heat
/// maps of the evidence. Not a medical device: it does not diagnose anybody.
///
/// Exit code 1: an image cannot be read, and is left out. If none can be read, the exit code is 3.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  radiograph predict runs/first phantoms/contact-sheet.png --out predictions"
)]
pub(crate) struct Arguments {
    /// Folder of a finished run
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Images, DICOM files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    images: Vec<PathBuf>,

    /// Folder for predictions.csv, predictions.json and a heat map of each image
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Device: cpu, cuda:0, … [default: that of the run]
    #[arg(long)]
    device: Option<DeviceName>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let device = arguments.device.map(DeviceName::device).transpose()?;
    let predictor = Predictor::of_run(&arguments.run, device)?;
    let progress = Progress::new();
    let files = files(&arguments.images)?;
    let all = files.len();
    arguments.out.as_deref().map(create_folder).transpose()?;
    let mut predictions = Vec::new();
    for file in files {
        match predict(&predictor, &file, arguments.out.as_deref()) {
            Ok(prediction) => {
                if !arguments.json {
                    print(&prediction)?;
                }
                predictions.push(prediction);
            }
            Err(error @ radiograph::Error::Image(_)) => progress.say(&error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    if predictions.is_empty() {
        return Err(Failure::input("none of the files can be read as an image"));
    }
    if arguments.json {
        output::json(&predictions)?;
    }
    if let Some(out) = &arguments.out {
        write_bytes(&out.join("predictions.json"), &serde_json::to_vec_pretty(&predictions)?)?;
        write_bytes(&out.join("predictions.csv"), &table(&predictor, &predictions)?)?;
    }
    Ok(Exit::complete(predictions.len() == all))
}

/// The named files, and the files in the named folders.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in given {
        if path.is_dir() {
            let mut inside = fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
                .map_err(|error| Failure::from(error).at(path.display()))?;
            inside.retain(|path| path.is_file());
            if inside.is_empty() {
                return Err(Failure::input(format!(
                    "{} holds no file; name a folder with images",
                    path.display()
                )));
            }
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn print(prediction: &Prediction) -> Result<(), Failure> {
    let probabilities: Vec<String> = prediction
        .probabilities
        .iter()
        .map(|(class, probability)| format!("{class} {:.1} %", probability * 100.0))
        .collect();
    let calibrated = if prediction.calibrated { "" } else { " (not calibrated)" };
    output::line(format!("{}: {}{calibrated}", prediction.file.display(), probabilities.join(", ")))?;
    prediction.warnings.iter().try_for_each(|warning| output::line(format!("    WARNING: {warning}")))
}

/// Predicts one file, and writes a heat map if there is an output folder.
fn predict(predictor: &Predictor, file: &Path, out: Option<&Path>) -> Result<Prediction, radiograph::Error> {
    let Some(out) = out else { return predictor.predict(file) };
    let explained = predictor.explain(file)?;
    let prediction = &explained.prediction;
    let name = prediction.file.file_name().unwrap_or_default().to_string_lossy();
    explained.draw(&out.join(format!("{name}-{}.png", prediction.content.short())))?;
    Ok(explained.prediction)
}

fn table(predictor: &Predictor, predictions: &[Prediction]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["file", "predicted", "stranger_than", "warnings"].map(str::to_owned);
    writer.write_record(
        header.into_iter().chain(predictor.classes().names().map(|name| format!("p_{name}"))),
    )?;
    for prediction in predictions {
        let warnings: Vec<String> = prediction.warnings.iter().map(ToString::to_string).collect();
        let known = [
            prediction.file.display().to_string(),
            prediction.predicted.clone(),
            prediction.strangeness.stranger_than.to_string(),
            warnings.join("; "),
        ];
        let values = prediction.probabilities.iter().map(|(_, probability)| probability.to_string());
        writer.write_record(known.into_iter().chain(values))?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}
