//! Measures feature extraction from image files against the network alone, and reading a feature store against reading
//! its bytes.
//!
//! ```console
//! $ cargo bench -p radiograph-benches --bench extract [BACKBONE [IMAGES [ROUNDS]]]
//! $ cargo xtask bench --peers extract     # beside torchvision and timm
//! ```
//!
//! Rates are only comparable within a run, because the speed of a machine varies from minute to minute. The
//! measurements therefore alternate, and each ratio is the median over its rounds. Criterion cannot alternate
//! measurements, so it is not used. Weights are random, which does not affect the time. The images are 336-pixel files
//! of `RADIOGRAPH_DATA`, or else phantoms, and the same images scaled to 1024 × 1024 PNGs.

#![allow(clippy::print_stdout, reason = "a program's output")]

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use radiograph_backbone::{
    Backbone, BackboneError, Facts, Form, Identity,
    extraction::{Extraction, ExtractionSettings, Input, Pixels, extraction_key},
};
use radiograph_benches::measured_or_shown;
use radiograph_features::{FeatureId, FeatureStore, Part, StoreDescription, StoreWriter};
use radiograph_files::ContentHash;
use radiograph_image::{
    Limits, decode_gray, encode_png,
    preprocess::{Preprocess, Preprocessor, resize},
    read_file,
};
use radiograph_input::{Filter, Normalisation};
use radiograph_libtorch::{Device, DeviceKind};
use radiograph_phantoms::{Finding, Phantom};
use radiograph_weights::{Architecture, Lineage};
use tch::Tensor;
use walkdir::WalkDir;

const SIDE: usize = 224;
const BATCH: usize = 8;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    // Cargo adds `--bench`.
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let architecture: Architecture = words.first().map_or("inception_v3", String::as_str).parse()?;
    let number = |place: usize, usual: usize| words.get(place).map_or(Ok(usual), |word| word.parse());
    let (images, rounds) = (number(1, measured_or_shown(96, 4))?, number(2, measured_or_shown(5, 1))?);

    let bench = Bench::new(architecture, images)?;
    println!("{architecture}, {images} images, {rounds} rounds");
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let forward = bench.forward()?;
        let files = bench.files_to_store(&bench.small)?;
        let forward_again = bench.forward()?;
        let large_files = bench.files_to_store(&bench.large)?;
        println!(
            "forward {forward:.2} and {forward_again:.2} images/s, from 336-pixel files {files:.2}, from 1024-pixel PNGs {large_files:.2}"
        );
        // The machine between two measurements of the bare network is the mean of what it was at both.
        let bare = f64::midpoint(forward, forward_again);
        small.push(files / bare);
        large.push(large_files / bare);
    }
    println!("share_of_forward_336 {:.3}", median(small));
    println!("share_of_forward_1024 {:.3}", median(large));
    println!("reading_back {:.3}", median((0..rounds).map(|_| reading_back()).collect::<Outcome<_>>()?));
    if let Some(bytes) = peak_memory() {
        println!("peak_memory_gib {:.2}", bytes as f64 / f64::from(1 << 30));
    }
    Ok(())
}

struct Bench {
    architecture: Architecture,
    preprocessor: Preprocessor,
    small: Vec<PathBuf>,
    large: Vec<PathBuf>,
    /// The decoded small images, `[N, 3, 224, 224]`.
    decoded: Tensor,
    backbone: Backbone,
}

impl Bench {
    fn new(architecture: Architecture, images: usize) -> Outcome<Self> {
        let steps = Preprocess { normalisation: Normalisation::Torch, ..Preprocess::default() };
        let preprocessor = steps.check()?;
        let (small, large) = files(images)?;
        let mut values = Vec::new();
        for path in &small {
            values.extend(pixels(&preprocessor, path)?.values);
        }
        let decoded = Tensor::from_slice(&values).view([images as i64, 3, SIDE as i64, SIDE as i64]);
        let backbone = load(architecture)?;
        let bench = Self { architecture, preprocessor, small, large, decoded, backbone };
        bench.forward()?;
        Ok(bench)
    }

    /// Images per second of the network alone, with decoded images and without storing features.
    fn forward(&self) -> Outcome<f64> {
        let images = self.small.len();
        let start = Instant::now();
        for first in (0..images).step_by(BATCH) {
            let batch = self.decoded.narrow(0, first as i64, BATCH.min(images - first) as i64);
            drop(self.backbone.forward_features(&batch)?);
        }
        Ok(images as f64 / start.elapsed().as_secs_f64())
    }

    /// Images per second from files to a new store, without loading the network.
    fn files_to_store(&self, files: &[PathBuf]) -> Outcome<f64> {
        let (architecture, preprocessor) = (self.architecture, &self.preprocessor);
        let shape =
            Facts::of(architecture).feature_shape(SIDE as i64, SIDE as i64)?.map(|side| side as usize);
        let identity = Identity::Random { architecture, seed: 1 };
        let key = extraction_key(
            architecture,
            lineage(architecture),
            Form::default(),
            &identity,
            DeviceKind::Cpu,
            "bench",
        );
        let folder = tempfile::tempdir()?;
        let description = StoreDescription::new(key, shape)?;
        let mut extraction = Extraction::open(folder.path(), &description, Part::WHOLE)?;
        let listed: Vec<(ContentHash, &PathBuf)> = files
            .iter()
            .map(|path| Ok::<_, radiograph_files::FileError>((ContentHash::of_file(path)?, path)))
            .collect::<Result<_, _>>()?;
        let inputs = listed
            .iter()
            .map(|&(hash, path)| Input::new("", FeatureId::plain(hash), move || pixels(preprocessor, path)));
        let settings = ExtractionSettings::new([3, SIDE, SIDE]).with_batch(BATCH);
        let report = extraction.run(inputs, || Ok(vec![load(architecture)?]), &settings, |_| {})?;
        assert_eq!((report.extracted, report.failures.len()), (files.len(), 0));
        Ok(files.len() as f64 / report.duration.as_secs_f64())
    }
}

fn lineage(architecture: Architecture) -> Lineage {
    Lineage { transforms_input: false, ..Lineage::torchvision(architecture) }
}

fn load(architecture: Architecture) -> Result<Backbone, BackboneError> {
    Backbone::random(architecture, 1, lineage(architecture), Device::CPU)
}

fn pixels(preprocessor: &Preprocessor, path: &Path) -> Outcome<Pixels> {
    let limits = Limits::default();
    let bytes = read_file(path, &limits)?;
    let input = preprocessor.apply(decode_gray(&bytes, &limits)?);
    let content = ContentHash::of_bytes(&bytes);
    Ok(Pixels { content, shape: [3, SIDE, SIDE], values: input.into_raw_vec_and_offset().0 })
}

/// Image files of 336 pixels, and the same images scaled to 1024 × 1024 as PNGs.
fn files(count: usize) -> Outcome<(Vec<PathBuf>, Vec<PathBuf>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench-images");
    fs::create_dir_all(&folder)?;
    let mut small = Vec::new();
    if let Some(data) = env::var_os("RADIOGRAPH_DATA") {
        let images = WalkDir::new(Path::new(&data).join("covid-19-image-repository")).sort_by_file_name();
        let found = images.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
        small =
            found.filter(|path| path.extension().is_some_and(|ending| ending == "png")).take(count).collect();
    }
    for number in small.len()..count {
        let path = folder.join(format!("phantom-{number}.png"));
        let phantom =
            Phantom { seed: 1, patient: number as u32, film: 0, finding: Finding::None, bedside: false };
        fs::write(&path, encode_png(&phantom.draw(336).picture.into_8_bit()).ok_or("no memory")?)?;
        small.push(path);
    }
    let mut large = Vec::new();
    for (number, path) in small.iter().enumerate() {
        let picture = decode_gray(&fs::read(path)?, &Limits::default())?;
        let scaled = resize(&picture, 1024, 1024, Filter::Bicubic).ok_or("an empty picture")?;
        let path = folder.join(format!("extract-{number}.png"));
        fs::write(&path, encode_png(&scaled).ok_or("no memory")?)?;
        large.push(path);
    }
    Ok((small, large))
}

/// Speed of reading a store's features, including checksums, as a share of the speed of reading the same bytes in
/// sequence.
fn reading_back() -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let architecture = Architecture::INCEPTION_V3;
    let identity = Identity::Random { architecture, seed: 1 };
    let key = extraction_key(
        architecture,
        lineage(architecture),
        Form::default(),
        &identity,
        DeviceKind::Cpu,
        "bench",
    );
    let description = StoreDescription::new(key, [2048, 5, 5])?;
    let mut writer = StoreWriter::open(folder.path(), &description, Part::WHOLE)?;
    let ids: Vec<FeatureId> =
        (0..512_u32).map(|number| FeatureId::plain(ContentHash::of_bytes(&number.to_le_bytes()))).collect();
    let size = description.values();
    for shard in writer.plan(ids.iter().copied()).shards {
        let values: Vec<f32> = (0..shard.len() * size).map(|place| place as f32).collect();
        writer.write(&shard, &values)?;
    }
    let store = FeatureStore::open(folder.path())?;
    let mut maps = vec![0.0; 32 * size];
    let mut buffer = vec![0_u8; 4 * 32 * size];
    let shards: Vec<PathBuf> = fs::read_dir(folder.path())?
        .map(|entry| Ok::<_, std::io::Error>(entry?.path()))
        .collect::<Result<_, _>>()?;
    let shards: Vec<_> = shards
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"))
        .collect();

    let mut plain = || -> Outcome<f64> {
        let start = Instant::now();
        for shard in &shards {
            let mut file = File::open(shard)?;
            while file.read(&mut buffer)? > 0 {}
        }
        Ok(start.elapsed().as_secs_f64())
    };
    let mut features = || -> Outcome<f64> {
        let start = Instant::now();
        // In the order of a list, as training without shuffling asks for them.
        for batch in ids.chunks(32) {
            store.read(batch, &mut maps)?;
        }
        Ok(start.elapsed().as_secs_f64())
    };
    // Both from the system's memory, where a disk plays no part: the hardest comparison for a checksum.
    let (_, _) = (plain()?, features()?);
    Ok(plain()? / features()?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Peak memory of this process, as reported by Linux.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
