//! Trains heads on stored features, fold by fold, and tests the model that comes of it.
//!
//! ```console
//! $ cargo ex train -- --manifest assembled/manifest.csv --store features --preset trustworthy --out run
//! inception_v3: 1188 images to train on in 5 folds, 297 to test; 74.5 million parameters on cpu
//! fold 1 of 5  epoch 12 of 100  step 7 of 30  loss 0.3120  accuracy 0.881  at most 41 min left
//! …
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    collections::BTreeMap,
    fmt,
    io::IsTerminal,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use radiograph::labelled_images;
use radiograph_dataset::manifest::Manifest;
use radiograph_features::FeatureStore;
use radiograph_files::{create_folder, write_bytes};
use radiograph_head::{
    Architecture, Cohort, Event, FeatureShape, Features, Feed, Preset, Protocol, ProtocolRecord, Stage,
    StoredFeatures, TrainingProgress, run_protocol,
};
use radiograph_libtorch::Device;

/// Train heads on stored features, fold by fold, and test the model that comes of it.
///
/// The frozen network is not run: its features come from the store that `extract` made, and folds and test images from the
/// manifest that `assemble` made. Writes for each store RUN/NETWORK/ with fold-1/, fold-2/, … (history.csv, the model, and
/// predictions.csv of the fold's validation images), the tested model (model.safetensors, model.json), predictions.csv of
/// the test images, which `metrics` reads, and training.json. A run that was killed, at whatever moment, goes on where it
/// was when the same command is given again, and ends with the same files.
///
/// Exit status: 0 if all was trained, 1 if not, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// The manifest of images, classes, folds and test part
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,

    /// A store of features of these images; give the option again for another network's
    #[arg(long = "store", value_name = "DIR", required = true)]
    stores: Vec<PathBuf>,

    /// All settings: as the paper has them, as its authors' program has them, or such that scores can be trusted
    #[arg(long, value_name = "paper|released-code|trustworthy")]
    preset: Preset,

    /// At most this many epochs, in place of the preset's 100 (released-code: 20)
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,

    /// Validate only the first K of the manifest's folds, at least 2
    #[arg(long, value_name = "K")]
    folds: Option<usize>,

    /// Train the plain network of Table 4 in place of the recurrent head, into RUN/NETWORK-plain
    #[arg(long)]
    plain: bool,

    /// Exchange labels at random within each fold and the test part: a run that must find nothing
    #[arg(long)]
    permute_labels: bool,

    /// Leave images out of which the store has no features, in place of stopping
    #[arg(long)]
    leave_out_missing: bool,

    /// All that is drawn at random depends on this number
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,

    /// Where to compute: cpu, cuda:0, …
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,

    /// Keep all features on the device if they take at most this many GiB; else read each batch when it is needed
    #[arg(long, default_value_t = 4.0, value_name = "GIB")]
    resident: f64,

    /// Folder of the run; made if it is not there
    #[arg(long, value_name = "RUN")]
    out: PathBuf,

    /// Print the records of the trainings as JSON instead of a summary
    #[arg(long)]
    json: bool,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let manifest = Manifest::read(&arguments.manifest)?;
    let stores =
        arguments.stores.iter().map(|folder| FeatureStore::open(folder)).collect::<Result<Vec<_>, _>>()?;
    create_folder(&arguments.out)?;
    keep_manifest(&manifest, &arguments.out.join("manifest.csv"))?;
    let mut records = BTreeMap::new();
    for store in &stores {
        let (name, record) = train(arguments, &manifest, store)?;
        if !arguments.json {
            summarise(&name, &record, &arguments.out);
        }
        records.insert(name, record);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&records)?);
    }
    Ok(())
}

/// Keeps the manifest beside the models; what was trained on another one is not to be explained with this.
fn keep_manifest(manifest: &Manifest, path: &Path) -> Result<(), Failure> {
    if path.is_file() && Manifest::read(path)?.rows() != manifest.rows() {
        return Err(format!("{} is of other images; give another folder for --out", path.display()).into());
    }
    Ok(manifest.write(path)?)
}

fn train(
    arguments: &Arguments,
    manifest: &Manifest,
    store: &FeatureStore,
) -> Result<(String, ProtocolRecord), Failure> {
    let network: Architecture = store.key().backbone.parse()?;
    let name = if arguments.plain { format!("{network}-plain") } else { network.to_string() };
    let cohort = cohort(arguments, manifest, store)?;
    let features = StoredFeatures::of_cohort(store, &cohort)?;
    let shape = features.shape();
    let protocol = protocol(arguments, network, shape, &cohort);
    let feed = Feed::new(&features, arguments.device, (arguments.resident * f64::from(1 << 30)) as u64)?;
    let (tested, folds) = (cohort.test().len(), protocol.folds);
    eprintln!(
        "{name}: {} images to train on in {folds} folds, {tested} to test; {:.1} million parameters on {}",
        cohort.images().len() - tested,
        protocol.head.trained_parameters()? as f64 / 1e6,
        arguments.device,
    );
    if cohort.is_permuted() {
        eprintln!("{name}: labels are exchanged at random, so nothing true can be learned");
    }
    let folder = arguments.out.join(&name);
    create_folder(&folder)?;
    let mut display = Display::new();
    let record = run_protocol(&protocol, &cohort, &feed, store.key(), &folder, &mut |progress| {
        display.show(&progress)
    })?;
    display.bar.finish_and_clear();
    // Explanations need the features again.
    let place = serde_json::json!({ "store": std::path::absolute(store.folder())? });
    write_bytes(&folder.join("features.json"), &serde_json::to_vec_pretty(&place)?)?;
    Ok((name, record.ok_or("broken off")?))
}

/// The manifest's images, and what becomes of each.
fn cohort(arguments: &Arguments, manifest: &Manifest, store: &FeatureStore) -> Result<Cohort, Failure> {
    let mut cohort = Cohort::new(&manifest.classes()?, labelled_images(manifest))?;
    if arguments.leave_out_missing {
        let (rest, missing) = cohort.without_missing(store)?;
        if !missing.is_empty() {
            eprintln!("left out, because {} has no features of them:", store.folder().display());
            missing.iter().for_each(|image| eprintln!("    {}", image.id));
        }
        cohort = rest;
    }
    cohort = cohort.with_variants_in(store);
    Ok(if arguments.permute_labels { cohort.with_permuted_labels(arguments.seed) } else { cohort })
}

fn protocol(arguments: &Arguments, network: Architecture, shape: FeatureShape, cohort: &Cohort) -> Protocol {
    let mut protocol = Protocol::preset(arguments.preset, network, shape, cohort, arguments.seed);
    if arguments.plain {
        protocol.head = arguments.preset.baseline(network, shape, cohort.classes());
    }
    if let Some(epochs) = arguments.epochs {
        protocol.training.epochs = epochs;
    }
    if let Some(folds) = arguments.folds {
        protocol.validate_first(folds);
    }
    protocol
}

fn summarise(name: &str, record: &ProtocolRecord, out: &Path) {
    println!("{name}");
    for fold in &record.folds {
        println!(
            "    fold {}: best epoch {} of {}, validation loss {:.4}, accuracy {:.4}{}",
            fold.number,
            fold.best_epoch,
            fold.epochs,
            fold.best.loss,
            fold.best.accuracy,
            if fold.contaminated { "; contaminated: these images were trained on before" } else { "" },
        );
    }
    match record.refit_epochs {
        Some(epochs) => println!("    tested: one model of all training images, {epochs} epochs"),
        None => println!("    tested: the weighted mean of the folds"),
    }
    let predictions = out.join(name).join("predictions.csv");
    println!("next     cargo ex metrics -- {}", predictions.display());
}

/// The live line: one that changes on a terminal, one an epoch elsewhere.
struct Display {
    bar: ProgressBar,
    began: Instant,
    steps: usize,
    live: bool,
}

impl Display {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}");
        let bar =
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, began: Instant::now(), steps: 0, live: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: &TrainingProgress<'_>) -> ControlFlow<()> {
        let stage = match progress.stage {
            Stage::Fold { number, of } => format!("fold {number} of {of}"),
            Stage::Refit => "all training images".to_owned(),
        };
        let epochs = progress.epochs;
        match progress.event {
            Event::Resumed { epochs: done } => {
                self.say(&format!("{stage}: goes on after epoch {done} of {epochs}"));
            }
            Event::Step { epoch, step, steps, running } => {
                self.steps += 1;
                self.bar.set_message(format!(
                    "{stage}  epoch {epoch} of {epochs}  step {step} of {steps}  loss {:.4}  accuracy {:.3}  {}",
                    running.loss,
                    running.accuracy,
                    self.left(progress.steps_ahead),
                ));
                self.bar.tick();
            }
            Event::Epoch(record) if !self.live => {
                let validation = record.validation.map_or_else(String::new, |scores| {
                    format!("  validation loss {:.4}  accuracy {:.3}", scores.loss, scores.accuracy)
                });
                self.say(&format!(
                    "{stage}  epoch {} of {epochs}  loss {:.4}  accuracy {:.3}{validation}  {}",
                    record.epoch,
                    record.training.loss,
                    record.training.accuracy,
                    self.left(progress.steps_ahead),
                ));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    fn left(&self, ahead: usize) -> Left {
        Left(self.began.elapsed().mul_f64(ahead as f64 / self.steps.max(1) as f64))
    }
}

/// Time left, in the unit that fits.
struct Left(Duration);

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..=119 => write!(formatter, "at most {seconds} s left"),
            seconds @ 120..=7199 => write!(formatter, "at most {} min left", seconds / 60),
            seconds => write!(formatter, "at most {} h left", seconds / 3600),
        }
    }
}
