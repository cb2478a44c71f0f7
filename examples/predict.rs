//! What a finished run's best model says about X-rays, and whether to believe it.
//!
//! ```console
//! $ cargo ex predict -- --run runs/first film.dcm photo.jpg --out predictions
//! film.dcm: …
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use radiograph::{Error, Prediction, Predictor};
use radiograph_gradcam::draw::{Caption, ColourMap, Panel};

/// Classify chest X-rays with the best model of a finished run.
///
/// For each image: the probability of every class (calibrated where the run could), a heat map of the evidence, and
/// warnings where the image is not like those the model was trained on: a lateral film, a colour photograph, something else.
/// Not a medical device: it shows what the model computes, and diagnoses nobody.
///
/// Exit status: 0 if every image was classified, 1 if one was not, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Images, DICOM files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    images: Vec<PathBuf>,

    /// Folder of a finished run
    #[arg(long, value_name = "RUN")]
    run: PathBuf,

    /// Folder for predictions.csv, predictions.json and a heat map of each image; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// cpu, cuda:0, … [default: the run's]
    #[arg(long, value_name = "DEVICE")]
    device: Option<radiograph_libtorch::Device>,

    /// Print JSON instead of text
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

/// Whether every image was classified.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let predictor = Predictor::of_run(&arguments.run, arguments.device)?;
    let mut predictions = Vec::new();
    let mut all = true;
    for file in files(&arguments.images)? {
        match predictor.predict(&file) {
            Ok(prediction) => {
                if !arguments.json {
                    print(&prediction);
                }
                if let Some(out) = &arguments.out {
                    draw(&predictor, &prediction, out)?;
                }
                predictions.push(prediction);
            }
            Err(error @ Error::Dataset(_)) => {
                all = false;
                eprintln!("{error}");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&predictions)?);
    }
    if let Some(out) = &arguments.out {
        radiograph_files::write_bytes(
            &out.join("predictions.json"),
            serde_json::to_string_pretty(&predictions)?.as_bytes(),
        )?;
        radiograph_files::write_bytes(&out.join("predictions.csv"), &table(&predictor, &predictions)?)?;
    }
    Ok(all && !predictions.is_empty())
}

fn files(given: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = fs::read_dir(path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<io::Result<Vec<_>>>()?;
            inside.retain(|path| path.is_file());
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn print(prediction: &Prediction) {
    let probabilities: Vec<String> = prediction
        .probabilities
        .iter()
        .map(|(class, probability)| format!("{class} {:.1} %", probability * 100.0))
        .collect();
    let calibrated = if prediction.calibrated { "" } else { " (not calibrated)" };
    println!("{}: {}{calibrated}", prediction.file.display(), probabilities.join(", "));
    for warning in &prediction.warnings {
        println!("    WARNING: {warning}");
    }
}

fn draw(
    predictor: &Predictor,
    prediction: &Prediction,
    out: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    radiograph_files::create_folder(out)?;
    let shown = predictor.shown(prediction, 640)?;
    let name = prediction.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let panel = Panel {
        picture: shown.picture(),
        explanation: &prediction.explanation,
        caption: Caption { image: &name, source: "predict", truth: None, method: "evidence for the class" },
        colours: ColourMap::default(),
        opacity: 0.4,
        tile: 320,
    };
    let mut png = io::Cursor::new(Vec::new());
    panel.draw().write_to(&mut png, image::ImageFormat::Png)?;
    let file = out.join(format!("{name}-{}.png", prediction.content.short()));
    Ok(radiograph_files::write_bytes(&file, png.get_ref())?)
}

fn table(predictor: &Predictor, predictions: &[Prediction]) -> Result<Vec<u8>, csv::Error> {
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
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}
