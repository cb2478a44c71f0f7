//! `radiograph assemble`: turns collections of images into the manifest of a run and its leakage report.

use std::{collections::BTreeMap, path::PathBuf};

use radiograph_dataset::{
    certificate::{Certificate, Verdict},
    manifest::{Manifest, Place},
};
use radiograph_run::{RunFolder, TestPrecision, Unsearched};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::NewRun};

/// Assemble the collections of a run and split them into training and test images
///
/// Recognises the collections below the folder of images, groups images of the same picture or patient across all of them,
/// and splits by the preset. `paper` and `released-code` split as published, leaks included; `trustworthy` keeps groups
/// together. Writes manifest.csv (one row an image) and leakage.json, which can be shared, and the folder private,
/// which must not be: files.csv names the file and the patient of every image.
///
/// Exit code 1: a folder of images was left out, because its layout is unknown or it cannot be searched. Single images are
/// left out with a reason in manifest.csv or private/left-out.csv, and do not change the exit code.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph assemble runs/first --data phantoms/collections")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: NewRun,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Assembled {
    manifest: PathBuf,
    leakage: PathBuf,
    train: usize,
    test: usize,
    folds: u32,
    /// Verdict of the leakage report.
    verdict: Verdict,
    /// The verdict in one sentence.
    sentence: String,
    /// Number of training and test images, by class.
    classes: BTreeMap<String, usize>,
    /// Number of images left out, by code of the reason.
    excluded: BTreeMap<String, usize>,
    /// Precision that the test part allows.
    precision: TestPrecision,
    /// Folders that were not searched for images.
    unsearched: Unsearched,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut watch = progress.of_run();
    let mut run = arguments.run.open(&mut watch)?;
    let manifest = run.assemble()?;
    let unsearched = run.unsearched()?;
    let certificate = Certificate::read(&run.folder().leakage())?;
    let precision = run.test_precision(&manifest)?;
    let assembled = Assembled::of(&manifest, certificate, precision, unsearched, run.folder());
    if arguments.json {
        output::json(&assembled)?;
    } else {
        assembled.print()?;
    }
    Ok(Exit::complete(assembled.unsearched.is_empty()))
}

impl Assembled {
    fn of(
        rows: &Manifest,
        certificate: Certificate,
        precision: TestPrecision,
        unsearched: Unsearched,
        folder: &RunFolder,
    ) -> Self {
        let (mut classes, mut excluded) = (BTreeMap::new(), BTreeMap::new());
        for row in rows.rows() {
            if let Place::Excluded { reason } = &row.place {
                *excluded.entry(reason.code.clone()).or_insert(0) += 1;
            } else {
                let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
                *classes.entry(class).or_insert(0) += 1;
            }
        }
        let (train, test, folds) = (rows.train().count(), rows.test().count(), rows.folds());
        let (manifest, leakage) = (folder.manifest(), folder.leakage());
        let Certificate { verdict, sentence, .. } = certificate;
        Self {
            manifest,
            leakage,
            train,
            test,
            folds,
            verdict,
            sentence,
            classes,
            excluded,
            precision,
            unsearched,
        }
    }

    fn print(&self) -> Result<(), Failure> {
        let Self { manifest, leakage, train, test, folds, sentence, classes, excluded, unsearched, .. } =
            self;
        let precision = &self.precision;
        output::line(format!("{train} training images in {folds} folds, {test} test images"))?;
        for (class, images) in classes {
            output::line(format!("    {images:>6}  {class}"))?;
        }
        for (code, images) in excluded {
            output::line(format!("    {images:>6}  left out: {code}"))?;
        }
        unsearched.sentences().try_for_each(output::line)?;
        output::line(sentence)?;
        output::line(precision)?;
        output::line(format!("written: {}, {}", manifest.display(), leakage.display()))
    }
}
