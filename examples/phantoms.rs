//! Draws chest radiographs and writes them as public collections lay theirs out, with their defects.
//!
//! ```console
//! $ cargo ex phantoms -- --out ~/phantoms --patients 90 --seed 7
//! 242 images of 90 patients in 6 collections below /home/me/phantoms/collections
//! …
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use radiograph_dataset::phantom::collection::{Collections, Planted};

/// Draw chest radiographs and write them as public collections lay theirs out, with their defects.
///
/// For trying everything out without a download: ribs, heart, lungs, diaphragm, exposure and noise differ by patient; a
/// third of the patients have nothing in their lungs, a third one lobar opacity, a third ground glass on both sides.
/// These are drawings: what a network learns from them says nothing about patients.
///
/// Writes DIR/collections (six collections), DIR/masks (outlines of the findings), DIR/phantoms.json (what was planted
/// where) and DIR/contact-sheet.png. The same patients, seed and side give the same bytes.
///
/// Exit status: 0 if all was written, 1 if not, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Folder to write to: new, empty, or one in which the same was begun and interrupted
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Number of patients, 1 to 100000; from 15 on every collection and defect is there
    #[arg(long, default_value_t = 90, value_name = "N")]
    patients: u32,

    /// Seed of everything
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,

    /// Pixels a side of a film, 64 to 2048
    #[arg(long, default_value_t = 512, value_name = "PIXELS")]
    side: u32,

    /// Print what was planted as JSON instead of a summary
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let Arguments { out, patients, seed, side, json } = Arguments::parse();
    let bar = ProgressBar::new(0).with_style(style());
    let written = Collections { seed, patients, side }.write(&out, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    match written {
        Ok(planted) if json => match serde_json::to_string(&planted) {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        },
        Ok(planted) => summarise(&planted, &out),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("drawing {bar:30} {pos}/{len} images, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn summarise(planted: &Planted, out: &std::path::Path) {
    let mut collections: BTreeMap<&str, usize> = BTreeMap::new();
    let mut defects: BTreeMap<String, usize> = BTreeMap::new();
    for image in &planted.images {
        *collections.entry(image.file.split('/').next().unwrap_or_default()).or_default() += 1;
        for defect in &image.defects {
            *defects.entry(format!("{defect:?}")).or_default() += 1;
        }
    }
    let below = out.join("collections");
    println!(
        "{} images of {} patients in {} collections below {}",
        planted.images.len(),
        planted.patients,
        collections.len(),
        below.display()
    );
    for (collection, images) in collections {
        println!("    {images:>5}  {collection}");
    }
    println!("planted defects");
    for (defect, images) in defects {
        println!("    {images:>5}  {defect}");
    }
    println!("    {:>5}  rows without files", planted.rows_without_files.len());
    println!("look at  {}", out.join("contact-sheet.png").display());
    println!("next     cargo ex scan -- {}", below.display());
}
