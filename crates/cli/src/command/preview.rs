//! `radiograph preview`: shows images beside the inputs that a network gets from them.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use radiograph_files::write_bytes;
use radiograph_image::{
    ImageFormat, Limits, Picture, decode_noted, encode_png,
    preprocess::{Clahe, Preprocess, Preprocessor},
    read_file,
    sheet::contact_sheet,
};
use radiograph_input::{Colour, FilmPart, Filter, Fit, GrayValues, Normalisation};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// Show images as they are and as a network sees them, side by side
///
/// Every file becomes a row of a PNG: the picture as decoded (DICOM with its window), and the same after preprocessing.
/// The format is detected by content, not by name. What
/// was unusual about a file is said below its line.
///
/// Exit code 1: a file could not be shown; the others are.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph preview phantoms/contact-sheet.png --out preview.png")]
pub(crate) struct Arguments {
    /// Images: PNG, JPEG, WebP, BMP, TIFF, DICOM
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// PNG to write
    #[arg(long, value_name = "PNG")]
    out: PathBuf,

    /// Side of the network's input in pixels
    #[arg(long, default_value_t = 224, value_name = "PIXELS")]
    size: u32,

    /// Way in which a picture becomes square
    #[arg(long, value_enum, default_value = "stretch")]
    fit: FitName,

    /// Resampling filter
    #[arg(long, value_enum, default_value = "bilinear")]
    filter: FilterName,

    /// Share of every edge that is cut off, from 0 to below 0.5
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    border: f64,

    /// Box around the estimated lungs in place of the whole film
    #[arg(long)]
    lungs: bool,

    /// Gray values matched to an even histogram
    #[arg(long)]
    even: bool,

    /// Contrast-limited adaptive histogram equalisation
    #[arg(long)]
    clahe: bool,

    /// Colour instead of gray
    #[arg(long, conflicts_with_all = ["clahe", "even"])]
    rgb: bool,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
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

/// Facts about a picture.
#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    format: String,
    width: u32,
    height: u32,
    channels: usize,
    bits: u32,
    size: u32,
    /// What was unusual about the file.
    notes: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let preprocessor = steps(arguments).check()?;
    let progress = Progress::new();
    let (mut tiles, mut shown) = (Vec::new(), Vec::new());
    for file in &arguments.files {
        match show(file, &preprocessor, arguments.size) {
            Ok((pair, facts)) => {
                tiles.extend(pair);
                shown.push(facts);
            }
            Err(failure) => progress.say(&failure.message),
        }
    }
    let tile = (10_000 / u32::try_from(arguments.files.len()).unwrap_or(u32::MAX)).clamp(32, 448);
    let Some(png) = contact_sheet(&tiles, 2, tile).as_ref().and_then(encode_png) else {
        return Err(Failure::input(format!(
            "none of the files can be shown, so {} is not written",
            arguments.out.display()
        )));
    };
    write_bytes(&arguments.out, &png)?;
    if arguments.json {
        output::json(&shown)?;
    } else {
        shown.iter().try_for_each(output::line)?;
    }
    Ok(Exit::complete(shown.len() == arguments.files.len()))
}

fn steps(arguments: &Arguments) -> Preprocess {
    Preprocess {
        colour: if arguments.rgb { Colour::Rgb } else { Colour::Gray },
        border: arguments.border,
        part: if arguments.lungs { FilmPart::Lungs } else { FilmPart::Whole },
        gray_values: if arguments.even { GrayValues::Even } else { GrayValues::Stored },
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

/// The picture before and after preprocessing, with its facts.
fn show(file: &Path, preprocessor: &Preprocessor, size: u32) -> Result<([Picture; 2], Shown), Failure> {
    let limits = Limits::default();
    let bytes = read_file(file, &limits)?;
    let decoded = decode_noted(&bytes, &limits).map_err(|error| Failure::from(error).at(file.display()))?;
    let before = decoded.picture;
    let input = preprocessor.apply(before.clone());
    // Inputs have three channels and checked sides, so they can be shown.
    let after = preprocessor.show(&input.view()).unwrap_or_else(|| before.clone());
    let facts = Shown {
        file: file.to_owned(),
        format: ImageFormat::of_content(&bytes).map_or_else(String::new, |format| format.to_string()),
        width: before.width(),
        height: before.height(),
        channels: before.channels(),
        bits: before.bits(),
        size,
        notes: decoded.notes.iter().map(ToString::to_string).collect(),
    };
    Ok(([before, after], facts))
}

impl std::fmt::Display for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, format, width, height, channels, bits, size, notes } = self;
        let colour = if *channels == 1 { "gray" } else { "colour" };
        let file = file.display();
        write!(formatter, "{file}  {format}  {width} × {height}  {colour}  {bits} bits  →  {size} × {size}")?;
        notes.iter().try_for_each(|note| write!(formatter, "\n  {note}"))
    }
}
