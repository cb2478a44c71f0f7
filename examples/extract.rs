//! Passes every image of a manifest through a frozen network, once, and keeps the features.
//!
//! ```console
//! $ cargo ex extract -- --manifest assembled/manifest.csv --backbone inception_v3 --weights inception_v3 --store features
//! ████████████████████████████████████  6939/6939 images, 14.2/s, 0s left
//! 6,939 images in 489.1 s, 14.2 images/s; 0 left out
//! features: 6,939 feature maps of [2048, 5, 5] in f32, 1.3 GiB in 109 shards; peak memory 0.9 GiB
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use radiograph_backbone::{
    Backbone, BackboneError, Facts, Form, Identity, Options,
    extraction::{
        Event, Extraction, ExtractionReport, ExtractionSettings, Failure, Input, InputError, Pixels,
        extraction_key,
    },
};
use radiograph_dataset::{
    image::{Limits, decode, decode_gray, read_file},
    manifest::{Manifest, Row},
    preprocess::{Augmentation, Colour, Filter, Normalisation, Preprocess, Preprocessor},
};
use radiograph_features::{Element, ExtractionKey, FeatureId, FeatureStore, Part, StoreDescription, gc};
use radiograph_files::{ContentHash, write_bytes};
use radiograph_libtorch::{Device, Devices};
use radiograph_weights::{
    Architecture, Interpolation, Lineage, Normalisation as Expected, Weights, WeightsChoice, WeightsRecord,
};
use serde::Serialize;

/// Pass every image of a manifest through a frozen network, once, and keep the features.
///
/// It may be interrupted at any moment, by a signal, a full disk or a power cut: the same command goes on from there, and
/// the store gets the same bytes. What is in the store already is not made again; an image that was edited is made again
/// alone. Features of other weights or another preprocessing are refused, not mixed in.
///
/// Several processes fill one store together if each is given its part: --part 1/2 and --part 2/2.
///
/// An image that cannot be read, or that is no longer the one in the manifest, is left out, told, and written to
/// left-out-….json in the store's folder.
///
/// Exit status: 0 if this part's features are all there, 1 if images were left out or it stopped, 2 if the command line is
/// wrong.
#[derive(Parser)]
struct Arguments {
    /// Images, as assembled
    #[arg(long, value_name = "CSV")]
    manifest: PathBuf,

    /// vgg19, densenet121, inception_v3 or inception_resnet_v2
    #[arg(long)]
    backbone: Architecture,

    /// Installed weights by name, a safetensors file, or random:SEED for a network that recognises nothing
    #[arg(long, value_name = "NAME|FILE")]
    weights: WeightsChoice,

    /// Folder of the features, new or filled by an earlier run of the same settings
    #[arg(long, value_name = "DIR")]
    store: PathBuf,

    /// This process' share, such as 1/2
    #[arg(long, default_value = "1/1")]
    part: Part,

    /// cpu or cuda:N, several times for several devices; all GPUs if there are any, else the processor
    #[arg(long, value_name = "DEVICE")]
    device: Vec<Device>,

    /// Pixels a side that the network is fed
    #[arg(long, default_value_t = 224)]
    size: u32,

    /// How pixels are resampled; as the weights' publisher does, or bilinear if that is open
    #[arg(long, value_enum)]
    filter: Option<FilterName>,

    /// Number format of the store
    #[arg(long, value_enum, default_value = "f32")]
    element: ElementName,

    /// Augmented copies of each training image, rotated by up to 15 degrees, beside the image itself
    #[arg(long, default_value_t = 0)]
    variants: u32,

    /// What the copies are drawn from
    #[arg(long, default_value_t = 7)]
    seed: u64,

    /// Images in a batch, whatever the memory
    #[arg(long)]
    batch: Option<usize>,

    /// MiB for the activations of a batch on each device
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,

    /// Threads that decode images
    #[arg(long)]
    decoders: Option<usize>,

    /// Remove damaged shards of the store first, so that they are made again
    #[arg(long)]
    mend: bool,

    /// Let cuDNN try its algorithms out; the last bits may then differ from run to run
    #[arg(long)]
    cudnn_benchmark: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FilterName {
    Nearest,
    Bilinear,
    Bicubic,
    Lanczos,
}

#[derive(Clone, Copy, ValueEnum)]
enum ElementName {
    F32,
    F16,
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

/// Whether no image was left out.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let manifest = Manifest::read(&arguments.manifest)?;
    let network = Network::of(arguments)?;
    let preprocessing = Preprocessing::of(arguments, &network)?;
    let side = i64::from(arguments.size);
    let shape = Facts::of(arguments.backbone).feature_shape(side, side)?.map(|side| side as usize);
    let element = match arguments.element {
        ElementName::F32 => Element::F32,
        ElementName::F16 => Element::F16,
    };
    let description = StoreDescription::new(network.key(&preprocessing)?, shape, element)?;
    if arguments.mend {
        let collected = gc(&arguments.store, |_| true)?;
        println!(
            "{} damaged shards and lists removed, {} feature maps are sound",
            collected.damaged, collected.kept
        );
    }
    let mut extraction = Extraction::open(&arguments.store, &description, arguments.part)?;

    let preprocessing = Arc::new(preprocessing);
    let inputs = inputs(&manifest, &preprocessing, arguments.variants);
    let devices = devices(&arguments.device);
    let display = Display::new();
    let load = || devices.iter().map(|&device| network.load(device)).collect();
    let report = extraction.run(inputs, load, &settings(arguments), |event| display.show(event))?;
    display.bar.finish_and_clear();
    drop(extraction);
    finish(&report, arguments)?;
    Ok(report.failures.is_empty())
}

/// A network before it is loaded: all that its features are called after.
struct Network {
    architecture: Architecture,
    lineage: Lineage,
    weights: Parameters,
}

enum Parameters {
    Trained(Box<Weights>),
    Random { seed: u64 },
}

impl Network {
    fn of(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let architecture = arguments.backbone;
        let weights = match &arguments.weights {
            &WeightsChoice::Random { seed } => {
                let lineage = Lineage::torchvision(architecture);
                return Ok(Self { architecture, lineage, weights: Parameters::Random { seed } });
            }
            WeightsChoice::Installed(name) => Weights::named(name.as_str())?,
            WeightsChoice::File(path) => Weights::of_file(path, architecture)?,
        };
        let WeightsRecord { architecture: found, lineage, .. } = *weights.record();
        if found != architecture {
            return Err(format!("{} are weights of {found}, not of {architecture}", arguments.weights).into());
        }
        Ok(Self { architecture, lineage, weights: Parameters::Trained(Box::new(weights)) })
    }

    fn record(&self) -> Option<&WeightsRecord> {
        match &self.weights {
            Parameters::Trained(weights) => Some(weights.record()),
            Parameters::Random { .. } => None,
        }
    }

    fn key(&self, preprocessing: &Preprocessing) -> Result<ExtractionKey, serde_json::Error> {
        let Self { architecture, lineage, weights } = self;
        let identity = match weights {
            Parameters::Trained(weights) => Identity::File { sha256: weights.sha256() },
            Parameters::Random { seed } => Identity::Random { architecture: *architecture, seed: *seed },
        };
        let words = serde_json::to_string(&preprocessing.words())?;
        Ok(extraction_key(*architecture, *lineage, Form::default(), &identity, words))
    }

    fn load(&self, device: Device) -> Result<Backbone, BackboneError> {
        match &self.weights {
            // Refused if the file is no longer the one that the store is named after.
            Parameters::Trained(weights) => Backbone::of_weights(weights, device, Options::default()),
            Parameters::Random { seed } => Backbone::random(self.architecture, *seed, self.lineage, device),
        }
    }
}

/// How an image file becomes the network's input.
struct Preprocessing {
    preprocessor: Preprocessor,
    /// How copies are drawn, and from which seed.
    augmentation: Option<(Augmentation, u64)>,
    limits: Limits,
}

/// What of it is part of the store's key.
#[derive(Serialize)]
struct InWords<'p> {
    steps: &'p Preprocess,
    augmentation: Option<&'p (Augmentation, u64)>,
}

impl Preprocessing {
    fn of(arguments: &Arguments, network: &Network) -> Result<Self, Box<dyn Error>> {
        let normalisation = match network.record().map(|record| record.normalisation) {
            None | Some(Expected::Torch) => Normalisation::Torch,
            Some(Expected::Tf) => Normalisation::Tf,
            Some(Expected::Caffe) => Normalisation::Caffe,
        };
        let published = match network.record().and_then(|record| record.interpolation) {
            None | Some(Interpolation::Bilinear) => Filter::Bilinear,
            Some(Interpolation::Bicubic) => Filter::Bicubic,
        };
        let filter = arguments.filter.map_or(published, |name| match name {
            FilterName::Nearest => Filter::Nearest,
            FilterName::Bilinear => Filter::Bilinear,
            FilterName::Bicubic => Filter::Bicubic,
            FilterName::Lanczos => Filter::Lanczos,
        });
        let steps = Preprocess { size: arguments.size, filter, normalisation, ..Preprocess::default() };
        let rotation = Augmentation { rotation: 15.0, shift: 0.0, flip: false };
        let augmentation = (arguments.variants > 0).then_some((rotation, arguments.seed));
        Ok(Self { preprocessor: steps.check()?, augmentation, limits: Limits::default() })
    }

    fn words(&self) -> InWords<'_> {
        InWords { steps: self.preprocessor.steps(), augmentation: self.augmentation.as_ref() }
    }

    /// The pixels of a file, and the hash of the bytes that they were decoded from.
    fn pixels(&self, path: &Path, feature: FeatureId) -> Result<Pixels, InputError> {
        let bytes = read_file(path, &self.limits)?;
        let content = ContentHash::of_bytes(&bytes);
        let picture = match self.preprocessor.steps().colour {
            Colour::Gray => decode_gray(&bytes, &self.limits),
            Colour::Rgb => decode(&bytes, &self.limits),
        };
        let picture = picture.map_err(|reason| format!("{}: {reason}", path.display()))?;
        let array = match (&self.augmentation, feature.variant) {
            (Some((augmentation, seed)), 1..) => {
                // Drawn by content, as the features are called: the same image is turned alike in every collection.
                let drawn =
                    augmentation.draw(*seed, &feature.image.to_string(), u64::from(feature.variant))?;
                self.preprocessor.apply_augmented(picture, &drawn)
            }
            _ => self.preprocessor.apply(picture),
        };
        let (channels, height, width) = array.dim();
        Ok(Pixels { content, shape: [channels, height, width], values: array.into_iter().collect() })
    }
}

/// Every image that is trained or tested on, and the copies of those that are trained on.
fn inputs<'m>(
    manifest: &'m Manifest,
    preprocessing: &'m Arc<Preprocessing>,
    variants: u32,
) -> impl Iterator<Item = Input<'m>> {
    let used = manifest.rows().iter().filter(|row| !row.place.is_excluded());
    used.flat_map(move |row: &Row| {
        let copies = if row.place.is_train() && !row.augmented { variants } else { 0 };
        (0..=copies).map(move |copy| {
            let feature = FeatureId::variant(row.content_hash, copy);
            Input::new(row.id.to_string(), feature, move || preprocessing.pixels(&row.file(), feature))
        })
    })
}

fn devices(named: &[Device]) -> Vec<Device> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let gpus: Vec<Device> = Devices::present().all().filter(|device| device.is_cuda()).collect();
    if gpus.is_empty() { vec![Device::CPU] } else { gpus }
}

fn settings(arguments: &Arguments) -> ExtractionSettings {
    let side = arguments.size as usize;
    let mut settings =
        ExtractionSettings::new([3, side, side]).with_cudnn_benchmark(arguments.cudnn_benchmark);
    settings.batch = arguments.batch;
    settings.memory = arguments.memory.map(|mebibytes| mebibytes.saturating_mul(1 << 20));
    settings.decoders = arguments.decoders;
    settings
}

/// A bar on a terminal, plain lines elsewhere.
struct Display {
    bar: ProgressBar,
    lines: bool,
    started: std::cell::Cell<Instant>,
    told: std::cell::Cell<Instant>,
}

impl Display {
    const BETWEEN_LINES: Duration = Duration::from_secs(10);

    fn new() -> Self {
        let (lines, now) = (!io::stderr().is_terminal(), Instant::now());
        let bar = if lines { ProgressBar::hidden() } else { ProgressBar::no_length() };
        Self { bar, lines, started: now.into(), told: now.into() }
    }

    fn show(&self, event: &Event<'_>) {
        match event {
            Event::Started { features, present, batch } => {
                // The template is one of indicatif's own language; a wrong one would only cost the bar.
                if let Ok(style) =
                    ProgressStyle::with_template("{wide_bar} {pos}/{len} images, {per_sec}, {eta} left")
                {
                    self.bar.set_style(style);
                }
                self.bar.set_length(*features as u64);
                self.bar.reset_elapsed();
                self.started.set(Instant::now());
                self.say(&format!("{features} images to do, {present} done before, in batches of {batch}"));
            }
            Event::Computed { features } => self.advance(*features as u64),
            Event::Failed(failure) => {
                self.say(&format!("left out: {failure}"));
                self.advance(1);
            }
            Event::BatchHalved { device, batch } => {
                self.say(&format!(
                    "{device} has too little memory, it takes {batch} images at once from now on"
                ));
            }
            _ => {}
        }
    }

    fn advance(&self, images: u64) {
        self.bar.inc(images);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if self.lines && done > 0 && self.told.get().elapsed() >= Self::BETWEEN_LINES {
            self.told.set(Instant::now());
            let rate = done as f64 / self.started.get().elapsed().as_secs_f64();
            let left = total.saturating_sub(done) as f64 / rate;
            eprintln!("{done}/{total} images, {rate:.1}/s, {left:.0} s left");
        }
    }

    fn say(&self, line: &str) {
        if self.lines { eprintln!("{line}") } else { self.bar.println(line) }
    }
}

/// Prints what was done and what is in the store now, and keeps the list of what was left out.
fn finish(report: &ExtractionReport, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ExtractionReport { extracted, present, elsewhere, repeated, failures, duration, .. } = report;
    let seconds = duration.as_secs_f64();
    let rate =
        if seconds > 0.0 { format!(", {:.1} images/s", *extracted as f64 / seconds) } else { String::new() };
    println!("{extracted} images in {seconds:.1} s{rate}; {} left out", failures.len());
    println!("{present} were there already, {elsewhere} are other parts' to do, {repeated} are listed twice");
    write_left_out(failures, arguments)?;

    let store = FeatureStore::open(&arguments.store)?;
    let (shape, element) = (store.shape(), store.description().element());
    let gibibytes = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    println!(
        "{}: {} feature maps of {shape:?} in {element}, {:.2} GiB in {} shards{}",
        arguments.store.display(),
        store.len(),
        gibibytes(store.bytes()),
        store.shards(),
        peak_memory().map(|bytes| format!("; peak memory {:.2} GiB", gibibytes(bytes))).unwrap_or_default(),
    );
    Ok(())
}

fn write_left_out(failures: &[Failure], arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let name = format!("left-out-{}-of-{}.json", arguments.part.index(), arguments.part.count());
    let path = arguments.store.join(name);
    if failures.is_empty() {
        // A list of an earlier run no longer holds.
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    }
    let list: Vec<_> = failures
        .iter()
        .map(|failure| {
            let Failure { id, feature, reason } = failure;
            serde_json::json!({
                "id": id,
                "image": feature.image.to_string(),
                "variant": feature.variant,
                "reason": reason.to_string(),
            })
        })
        .collect();
    write_bytes(&path, &serde_json::to_vec_pretty(&list)?)?;
    println!("left out, with reasons: {}", path.display());
    Ok(())
}

/// The most memory that this process had, as Linux counts it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
