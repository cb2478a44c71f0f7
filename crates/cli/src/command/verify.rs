//! `radiograph verify`: reads every file of a manifest again, and repeats the leakage checks.

use std::path::{Path, PathBuf};

use radiograph_dataset::{
    certificate::Verdict,
    prepare::{Prepared, with_threads},
    verify::{Films, verify},
};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// Check that the images of a run match its manifest, and that nothing leaks
///
/// Reads manifest.csv, leakage.json and every image again. Then it repeats the search for patients, pictures, groups and
/// families on both sides of the split. Nothing in leakage.json is trusted, and the search is never weaker than the default.
/// Each difference is one line; the last line is the verdict.
///
/// Exit code 1: something differs.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph verify runs/first")]
pub(crate) struct Arguments {
    /// Run folder, or a manifest.csv with leakage.json beside it
    #[arg(value_name = "RUN|MANIFEST")]
    place: PathBuf,

    /// Folder of the collections, if they were moved; without private/files.csv, films are found there by content
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Check without the images: the manifest and the report must agree, and pictures are taken on trust
    #[arg(long, conflicts_with = "data")]
    without_images: bool,

    /// Number of threads [default: number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Found {
    images: usize,
    /// Verdict on what the images show now.
    verdict: Verdict,
    sentence: String,
    differences: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = folder(&arguments.place)?;
    let progress = Progress::new();
    let found =
        with_threads(arguments.threads, || verify(folder, arguments.films(), &progress.of_assembly()))??;
    progress.end();
    let found = Found {
        images: found.images,
        verdict: found.certificate.verdict,
        sentence: found.certificate.sentence,
        differences: found.differences.iter().map(ToString::to_string).collect(),
    };
    if arguments.json {
        output::json(&found)?;
    } else {
        print(&found)?;
    }
    Ok(Exit::complete(found.differences.is_empty()))
}

impl Arguments {
    fn films(&self) -> Films<'_> {
        match &self.data {
            _ if self.without_images => Films::Absent,
            Some(data) => Films::In(data),
            None => Films::Recorded,
        }
    }
}

/// Folder of the manifest.
fn folder(place: &Path) -> Result<&Path, Failure> {
    if place.is_file() {
        if place.file_name().is_none_or(|name| name != Prepared::MANIFEST) {
            return Err(Failure::input(format!(
                "{} is not named {}; give the manifest, or the folder that holds it",
                place.display(),
                Prepared::MANIFEST
            )));
        }
        return Ok(place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    }
    if !place.join(Prepared::MANIFEST).is_file() {
        return Err(Failure::input(format!(
            "`{}` holds no {}; give a run folder whose images are assembled",
            place.display(),
            Prepared::MANIFEST
        )));
    }
    Ok(place)
}

fn print(found: &Found) -> Result<(), Failure> {
    found.differences.iter().try_for_each(output::line)?;
    let images = found.images;
    output::line(match found.differences.len() {
        0 => format!("{images} images: manifest and leakage report agree with what was read"),
        count => format!("{count} differences, {images} images"),
    })?;
    output::line(&found.sentence)
}
