//! Puts collections of chest radiographs together: which images are trained on, validated on and tested on, and whether
//! anything leaks from one to another.
//!
//! ```console
//! $ cargo run --release -p radiograph-examples --no-default-features --example assemble -- \
//!       --data ~/collections --preset trustworthy --out assembled
//! 2169 images came in:
//! …
//! nothing crosses the borders of this split (preset trustworthy, seed 7)
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

mod progress;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use radiograph_dataset::{
    SourceName,
    balance::{BalancedBy, Field, Unmatched},
    prepare::{Prepared, prepare, with_threads},
    recipe::Preset,
    source::recognise,
};

use progress::ProgressDisplay;

/// Put collections of chest radiographs together and split them, with a certificate of what was looked for between
/// training and test, and found.
///
/// Recognises the collections below a folder by their layouts, finds images that show the same picture across all of them,
/// and deals the images by a preset: `paper` and `released-code` do what was published, leaks included, and say so;
/// `trustworthy` keeps together what belongs together.
///
/// Writes to --out: manifest.csv (one row an image: where it went, or why nowhere), leakage.json (what crosses the borders
/// of the split; the same for a plain random split; which class comes from which collection), left-out.csv (rows of
/// tables without an image, and files that are none) and scan.json (what `scan` says of the images that were looked into).
/// The same files, preset and seed give the same bytes.
///
/// Exit status: 0 if all was written, 1 if not, 2 if the command line is wrong. Leaks of a preset that has them are no
/// failure; they are in the certificate.
#[derive(Parser)]
struct Arguments {
    /// Folder that holds the collections, each as its publishers lay it out
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// trustworthy, paper or released-code
    #[arg(long, default_value_t = Preset::Trustworthy)]
    preset: Preset,

    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Collection to test on, and to keep out of training, in place of a share of all images
    #[arg(long, value_name = "NAME")]
    hold_out_source: Option<String>,

    /// Balance the classes within each value of a field too: age-band, sex, view or source; what that leaves out, and
    /// where the classes still differ, is printed
    #[arg(long, value_name = "FIELD")]
    balance_by: Option<Field>,

    /// With --balance-by: fill the classes up with images that find no match
    #[arg(long, requires = "balance_by")]
    fill: bool,

    /// Seed of every draw
    #[arg(long, default_value_t = Preset::SEED)]
    seed: u64,

    /// Threads that read images; as many as there are cores unless given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
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
    // Absolute, so that the manifest finds its images from anywhere.
    let data = std::path::absolute(&arguments.data)?;
    let recognised = recognise(&data)?;
    for folder in &recognised.unknown {
        eprintln!("{}: images in no layout that is known; skipped", folder.display());
    }
    for (path, reason) in &recognised.refused {
        eprintln!("{}: {reason}", path.display());
    }
    if recognised.sources.is_empty() {
        return Err("no collection was recognised; see the layouts in the documentation of radiograph_dataset::source".into());
    }
    let mut recipe = arguments.preset.recipe();
    recipe.source_out = arguments.hold_out_source.as_deref().map(SourceName::new).transpose()?;
    let unmatched = if arguments.fill { Unmatched::Fill } else { Unmatched::Exclude };
    recipe.balance.by = arguments.balance_by.map(|field| BalancedBy { field, unmatched });
    let display = ProgressDisplay::new();
    let prepared: Prepared = with_threads(arguments.threads, || {
        prepare(&data, &recognised.sources, &recipe, arguments.seed, &|progress| display.show(&progress))
    })??;
    display.finish();
    prepared.write(&arguments.out)?;
    let mut output = io::stdout().lock();
    write!(output, "{prepared}")?;
    let written = [Prepared::MANIFEST, Prepared::CERTIFICATE, Prepared::LEFT_OUT, Prepared::SCAN];
    let written = written.map(|name| arguments.out.join(name).display().to_string());
    writeln!(output, "written: {}", written.join(", "))?;
    Ok(())
}
