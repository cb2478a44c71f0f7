//! `radiograph phantoms`: draws artificial chest X-rays in the layouts of public collections, including their defects.

use std::{collections::BTreeMap, path::PathBuf};

use radiograph_phantoms::collection::{Collections, Planted};

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// Draw chest X-rays in the layouts of public collections, including their defects
///
/// With them, every command can be tried without a download. Ribs, heart, lungs, diaphragm, exposure and noise differ by
/// patient. A third of the patients have clear lungs, a third have one lobar opacity, and a third have ground glass on both
/// sides. A network that learns from these drawings learns nothing about patients.
///
/// Writes DIR/collections (six collections), DIR/masks (outlines of the findings), DIR/phantoms.json (what was planted
/// where) and DIR/contact-sheet.png. The same number of patients, seed and side gives the same bytes.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph phantoms --out phantoms --patients 30 --side 96")]
pub(crate) struct Arguments {
    /// Output folder: a new or empty one, or one where the same command was interrupted
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Number of patients, 1 to 100000; from 15 on every collection and defect is present
    #[arg(long, default_value_t = 90, value_name = "N")]
    patients: u32,

    /// Seed
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    seed: u64,

    /// Side of a film in pixels, 64 to 2048
    #[arg(long, default_value_t = 512, value_name = "PIXELS")]
    side: u32,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let &Arguments { ref out, patients, seed, side, json } = arguments;
    let progress = Progress::new();
    progress.begin("drawing");
    let written = Collections { seed, patients, side }
        .write(out, |done, all| progress.advance(done as u64, all as u64, "images"));
    progress.end();
    let planted = written?;
    if json {
        output::json(&planted)?;
    } else {
        summarise(&planted, out)?;
    }
    Ok(Exit::Done)
}

fn summarise(planted: &Planted, out: &std::path::Path) -> Result<(), Failure> {
    let mut collections: BTreeMap<&str, usize> = BTreeMap::new();
    let mut defects: BTreeMap<String, usize> = BTreeMap::new();
    for image in &planted.images {
        *collections.entry(image.file.split('/').next().unwrap_or_default()).or_default() += 1;
        for defect in &image.defects {
            *defects.entry(format!("{defect:?}")).or_default() += 1;
        }
    }
    let below = out.join("collections");
    output::line(format!(
        "{} images of {} patients in {} collections below {}",
        planted.images.len(),
        planted.patients,
        collections.len(),
        below.display()
    ))?;
    for (collection, images) in collections {
        output::line(format!("    {images:>5}  {collection}"))?;
    }
    output::line("planted defects")?;
    for (defect, images) in defects {
        output::line(format!("    {images:>5}  {defect}"))?;
    }
    output::line(format!("    {:>5}  rows without files", planted.rows_without_files.len()))?;
    output::line(format!("look at  {}", out.join("contact-sheet.png").display()))?;
    output::line(format!("next     radiograph scan {}", below.display()))
}
