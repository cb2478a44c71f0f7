//! Passes every image of a manifest through a frozen network, once, and keeps the features.
//!
//! ```console
//! $ cargo ex extract -- --manifest assembled/manifest.csv --backbone inception_v3 --weights inception_v3 --store features
//! ████████████████████████████████████  6939/6939 images, 14.2/s, 0s left
//! 6,939 images in 489.1 s, 14.2 images/s; 0 left out
//! features: 6,939 feature maps of [2048, 5, 5] in f32, 1.3 GiB in 109 shards; peak memory 0.9 GiB
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
#![allow(clippy::result_large_err, reason = "an extraction fails once; the error carries what is known")]

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use radiograph::{Config, Frozen};
use radiograph_backbone::extraction::{Event, Extraction, ExtractionReport, ExtractionSettings, Failure};
use radiograph_dataset::{
    manifest::Manifest,
    preprocess::{Augmentation, Filter},
};
use radiograph_features::{Element, FeatureStore, Part, StoreDescription, gc};
use radiograph_files::write_bytes;
use radiograph_head::Preset;
use radiograph_libtorch::{Device, Devices};
use radiograph_weights::{Architecture, WeightsChoice};

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

    /// MiB for the activations of a batch, for each CUDA device and each worker
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,

    /// Batches that are computed at the same time on the processor; as many as libtorch has threads, if not given
    #[arg(long)]
    workers: Option<usize>,

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
    let frozen = frozen(arguments)?;
    let element = match arguments.element {
        ElementName::F32 => Element::F32,
        ElementName::F16 => Element::F16,
    };
    let description = StoreDescription::new(frozen.key(), frozen.feature_shape()?, element)?;
    if arguments.mend {
        let collected = gc(&arguments.store, |_| true)?;
        println!(
            "{} damaged shards and lists removed, {} feature maps are sound",
            collected.damaged, collected.kept
        );
    }
    let mut extraction = Extraction::open(&arguments.store, &description, arguments.part)?;

    let used = manifest.rows().iter().filter(|row| !row.place.is_excluded());
    let inputs = used.map(|row| frozen.inputs(row)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
    let devices = devices(&arguments.device);
    let mut display = Display::new();
    let load = || devices.iter().map(|&device| frozen.load(device)).collect();
    let report = extraction
        .run(inputs, load, &settings(arguments, frozen.input_shape()), |event| display.show(event))?;
    display.bar.finish_and_clear();
    drop(extraction);
    finish(&report, arguments)?;
    Ok(report.failures.is_empty())
}

/// The network as the pipeline's preset `trustworthy` feeds it, but for what the arguments say.
fn frozen(arguments: &Arguments) -> Result<Frozen, radiograph::Error> {
    let mut input = Config::of(Preset::Trustworthy).input;
    input.size = arguments.size;
    input.filter = arguments.filter.map(|name| match name {
        FilterName::Nearest => Filter::Nearest,
        FilterName::Bilinear => Filter::Bilinear,
        FilterName::Bicubic => Filter::Bicubic,
        FilterName::Lanczos => Filter::Lanczos,
    });
    input.variants = arguments.variants;
    input.augmentation = Some(Augmentation { rotation: 15.0, shift: 0.0, flip: false });
    Frozen::new(arguments.backbone, &arguments.weights, &input, arguments.seed)
}

fn devices(named: &[Device]) -> Vec<Device> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let gpus: Vec<Device> = Devices::present().all().filter(|device| device.is_cuda()).collect();
    if gpus.is_empty() { vec![Device::CPU] } else { gpus }
}

fn settings(arguments: &Arguments, input: [usize; 3]) -> ExtractionSettings {
    let mut settings = ExtractionSettings::new(input).with_cudnn_benchmark(arguments.cudnn_benchmark);
    settings.batch = arguments.batch;
    settings.memory = arguments.memory.map(|mebibytes| mebibytes.saturating_mul(1 << 20));
    settings.workers = arguments.workers;
    settings.decoders = arguments.decoders;
    settings
}

/// A bar on a terminal, plain lines elsewhere.
struct Display {
    bar: ProgressBar,
    lines: bool,
    started: Instant,
    told: Instant,
}

impl Display {
    const BETWEEN_LINES: Duration = Duration::from_secs(10);

    fn new() -> Self {
        let (lines, now) = (!io::stderr().is_terminal(), Instant::now());
        let bar = if lines { ProgressBar::hidden() } else { ProgressBar::no_length() };
        Self { bar, lines, started: now, told: now }
    }

    fn show(&mut self, event: &Event<'_>) {
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
                self.started = Instant::now();
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

    fn advance(&mut self, images: u64) {
        self.bar.inc(images);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if self.lines && done > 0 && self.told.elapsed() >= Self::BETWEEN_LINES {
            self.told = Instant::now();
            let rate = done as f64 / self.started.elapsed().as_secs_f64();
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
