//! Measures the search for same pictures on two threads: candidate pairs among hashes, pairs among fingerprints, and a
//! whole folder from files to pairs.
//!
//! ```console
//! $ cargo bench -p radiograph-benches --no-default-features --bench same_picture
//! ```
//!
//! The folder is `RADIOGRAPH_DATA`; if it is not set, that part is left out.

#![allow(clippy::print_stderr, reason = "says what the numbers are of")]

use std::{collections::BTreeMap, env, fs, path::PathBuf, time::Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use radiograph_benches::{measured_or_shown, only_shown};
use radiograph_image::{ImageFormat, Limits, Picture, Samples, preprocess::resize};
use radiograph_input::Filter;
use radiograph_same_picture::{Fingerprint, PerceptualHash, Search, find, fingerprints, pairs_within};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};

/// Number of images in ChestX-ray14.
const IMAGES: u64 = 112_120;
const HASHES: usize = 1_000_000;

fn two_threads() -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(2).build().expect("two threads")
}

/// A picture of 8 × 8 random gray values, smoothed to 64 × 64.
fn random_picture(seed: u64) -> Picture {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..64).map(|_| random.next_u32() as u8).collect();
    let small = Picture::new(8, 8, Samples::Gray8(values)).expect("64 values");
    resize(&small, 64, 64, Filter::Bicubic).expect("sides above 0")
}

/// Hashes distributed like those of radiographs: around few centres instead of uniformly, with half of their bits set.
fn clumped_hashes() -> Vec<PerceptualHash> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let centres: Vec<PerceptualHash> =
        (0..1000).into_par_iter().map(|seed| PerceptualHash::of_picture(&random_picture(seed))).collect();
    let mut hash = || {
        let centre = centres[random.next_u64() as usize % centres.len()].bits();
        let flips = random.next_u64() & random.next_u64(); // a quarter of the bits
        PerceptualHash::from((centre ^ flips) & !1)
    };
    (0..measured_or_shown(HASHES, 10_000)).map(|_| hash()).collect()
}

fn candidates(criterion: &mut Criterion) {
    let hashes = clumped_hashes();
    let pool = two_threads();
    let mut group = criterion.benchmark_group("candidates");
    group.sample_size(10);
    for distance in [4, 6] {
        group.bench_function(format!("1000000-hashes-within-{distance}-bits"), |bencher| {
            bencher.iter(|| pool.install(|| pairs_within(&hashes, distance)));
        });
    }
    group.finish();
}

fn grouping(criterion: &mut Criterion) {
    let pool = two_threads();
    let prints: Vec<Fingerprint> = pool.install(|| {
        let print = |seed: u64| {
            let content = radiograph_files::ContentHash::of_bytes(&seed.to_le_bytes());
            Fingerprint::of_picture(content, random_picture(seed))
        };
        (0..measured_or_shown(IMAGES, 1000)).into_par_iter().map(print).collect()
    });
    // Equal and near ones alone. The search for altered copies takes minutes: `--example growth` measures it.
    let settings = Search { crops: false, altered: false, ..Search::default() };
    let mut group = criterion.benchmark_group("find");
    group.sample_size(10);
    group.bench_function("112120-fingerprints-equal-or-near", |bencher| {
        bencher.iter(|| pool.install(|| find(&prints, &settings)).expect("settings in range"));
    });
    group.finish();
    eprintln!("find/112120-fingerprints-equal-or-near: {} with them in memory", peak());
}

/// Searches a folder once. It is timed directly, because it takes too long to repeat.
fn whole_folder(_: &mut Criterion) {
    let Some(data) = env::var_os("RADIOGRAPH_DATA").filter(|_| !only_shown()) else {
        eprintln!("no folder of images is searched: RADIOGRAPH_DATA names none, or nothing is measured");
        return;
    };
    let is_mask = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "annotations");
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(data)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.is_file() && ImageFormat::of_extension(path).is_some() && !is_mask(path))
        .collect();
    files.sort();
    let pool = two_threads();
    let start = Instant::now();
    let prints: Vec<Fingerprint> = pool
        .install(|| fingerprints(&files, &Limits::default()))
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let rate = files.len() as f64 / seconds;
    eprintln!("fingerprints/whole-folder: {} of {} images, {rate:.0} images/s", prints.len(), files.len());
    for crops in [false, true] {
        let start = Instant::now();
        let settings = Search { crops, ..Search::default() };
        let pairs = pool.install(|| find(&prints, &settings)).expect("settings in range");
        let seconds = start.elapsed().as_secs_f64();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        pairs.iter().for_each(|pair| *kinds.entry(pair.evidence.kind()).or_default() += 1);
        eprintln!("find/whole-folder, crops {crops}: {seconds:.1} s, {kinds:?}; {}", peak());
    }
}

fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("peak memory unknown").to_owned()
}

criterion_group!(benches, whole_folder, grouping, candidates);
criterion_main!(benches);
