//! Shows images as they are and as a network sees them, side by side.
//!
//! ```console
//! $ cargo ex preview -- chest.dcm scan.webp --out preview.png
//! chest.dcm  DICOM  1024 × 1024  gray  8 bits  →  224 × 224
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use radiograph_dataset::{
    DatasetError,
    image::{ImageFormat, Limits, Picture, decode, encode_png, read_file},
    preprocess::{Clahe, Colour, Filter, Fit, Normalisation, Preprocess, Preprocessor},
    sheet::contact_sheet,
};
use radiograph_files::write_bytes;

/// Show images as they are and as a network sees them, side by side.
///
/// Every file becomes a row of a PNG: the picture as decoded (DICOM with its window), and what preprocessing makes of
/// it. The format is told by content, not by name. Normalisation is undone for showing, so that it changes nothing here
/// unless values are lost.
///
/// Exit status: 0 if every file could be shown, 1 if one could not (the others are shown), 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Images: PNG, JPEG, WebP, BMP, TIFF, DICOM
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// PNG to write
    #[arg(long, value_name = "PNG")]
    out: PathBuf,

    /// Pixels a side that the network is fed
    #[arg(long, default_value_t = 224)]
    size: u32,

    /// How a picture that is not square becomes square
    #[arg(long, value_enum, default_value = "stretch")]
    fit: FitName,

    /// How pixels are resampled
    #[arg(long, value_enum, default_value = "bilinear")]
    filter: FilterName,

    /// Share of every edge that is cut off, 0 up to below 0.5
    #[arg(long, default_value_t = 0.0)]
    border: f64,

    /// Raise local contrast
    #[arg(long)]
    clahe: bool,

    /// Keep colours
    #[arg(long, conflicts_with = "clahe")]
    rgb: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FitName {
    Stretch,
    Pad,
    CentreCrop,
}

#[derive(Clone, Copy, ValueEnum)]
enum FilterName {
    Nearest,
    Bilinear,
    Bicubic,
    Lanczos,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every file could be shown.
fn run(arguments: &Arguments) -> Result<bool, DatasetError> {
    let preprocessor = steps(arguments).check()?;
    let mut tiles = Vec::new();
    for file in &arguments.files {
        match show(file, &preprocessor) {
            Ok(pair) => tiles.extend(pair),
            Err(error) => eprintln!("error: {error}"),
        }
    }
    let all_shown = tiles.len() == 2 * arguments.files.len();
    let tile = (10_000 / u32::try_from(arguments.files.len()).unwrap_or(u32::MAX)).clamp(32, 448);
    match contact_sheet(&tiles, 2, tile).as_ref().and_then(encode_png) {
        Some(png) => write_bytes(&arguments.out, &png)?,
        None => eprintln!("error: nothing to show, {} is not written", arguments.out.display()),
    }
    Ok(all_shown)
}

fn steps(arguments: &Arguments) -> Preprocess {
    Preprocess {
        colour: if arguments.rgb { Colour::Rgb } else { Colour::Gray },
        border: arguments.border,
        clahe: arguments.clahe.then(Clahe::default),
        fit: match arguments.fit {
            FitName::Stretch => Fit::Stretch,
            FitName::Pad => Fit::Pad,
            FitName::CentreCrop => Fit::CentreCrop,
        },
        filter: match arguments.filter {
            FilterName::Nearest => Filter::Nearest,
            FilterName::Bilinear => Filter::Bilinear,
            FilterName::Bicubic => Filter::Bicubic,
            FilterName::Lanczos => Filter::Lanczos,
        },
        size: arguments.size,
        normalisation: Normalisation::ZeroOne,
    }
}

/// The picture before and after.
fn show(file: &Path, preprocessor: &Preprocessor) -> Result<[Picture; 2], DatasetError> {
    let limits = Limits::default();
    let bytes = read_file(file, &limits)?;
    let before =
        decode(&bytes, &limits).map_err(|reason| DatasetError::Image { path: file.to_owned(), reason })?;
    let input = preprocessor.apply(before.clone());
    // Inputs have three channels and checked sides, so they can be shown.
    let after = preprocessor.show(&input.view()).unwrap_or_else(|| before.clone());
    println!(
        "{}  {}  {} × {}  {}  {} bits  →  {} × {}",
        file.display(),
        ImageFormat::of_content(&bytes).map_or_else(String::new, |format| format.to_string()),
        before.width(),
        before.height(),
        if before.channels() == 1 { "gray" } else { "colour" },
        before.bits(),
        after.width(),
        after.height(),
    );
    Ok([before, after])
}
