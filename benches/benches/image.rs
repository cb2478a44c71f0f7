//! Measures decoding and resizing of one image on one thread, and loading of a folder of images.
//!
//! ```console
//! $ cargo bench -p radiograph-benches --no-default-features --bench image
//! $ cargo xtask bench --peers image     # beside Pillow and OpenCV
//! ```
//!
//! The images are `originals/` of `RADIOGRAPH_DATA`, or else phantoms of the same sizes.

#![allow(clippy::print_stderr, reason = "says what the numbers are of")]

use std::{env, fs, hint::black_box, path::PathBuf, time::Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use radiograph_benches::only_shown;
use radiograph_image::{
    ImageFormat, Limits, Picture, decode, decode_file, decode_gray, encode_png,
    loader::Loader,
    preprocess::{Preprocess, resize},
};
use radiograph_input::Filter;
use radiograph_phantoms::{Finding, Phantom};

/// Folder of the loader's images; Cargo runs benches in the package's folder.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench-images");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

/// Folder of real images. A relative path is resolved from the root of the project.
fn data() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = env::var_os("RADIOGRAPH_DATA").map(|folder| root.join(folder));
    if folder.is_none() {
        eprintln!("RADIOGRAPH_DATA names no folder: phantoms stand in for X-rays");
    }
    folder
}

fn phantom(side: u32) -> Picture {
    Phantom { seed: 1, patient: 1, film: 0, finding: Finding::None, bedside: false }
        .draw(side)
        .picture
        .into_8_bit()
}

/// A 1024 × 1024 gray PNG: an original of 512 × 512 scaled up, or a phantom.
fn png() -> Vec<u8> {
    let large = match data() {
        Some(data) => {
            let original = decode_file(&data.join("originals/00000001_000.png"), &Limits::default());
            original.map(|picture| resize(&picture, 1024, 1024, Filter::Bicubic))
        }
        None => Ok(Some(phantom(1024))),
    };
    let large = large.expect("the original decodes").expect("sides above 0");
    let bytes = encode_png(&large).expect("memory");
    fs::write(folder().join("large.png"), &bytes).expect("the target folder takes files");
    bytes
}

/// The 2373 × 2373 JPEG of the originals; without the originals, there is no colour image.
fn jpeg() -> Option<Vec<u8>> {
    Some(fs::read(data()?.join("originals/covid-19-pneumonia-58-prior.jpg")).expect("the original JPEG"))
}

fn small(picture: &Picture) -> Picture {
    resize(picture, 224, 224, Filter::Bilinear).expect("sides above 0")
}

fn one_image(criterion: &mut Criterion) {
    let limits = Limits::default();
    let png = png();
    let mut group = criterion.benchmark_group("image");
    group.bench_function("png-1024-gray-to-224", |bencher| {
        bencher.iter(|| small(&decode_gray(black_box(&png), &limits).expect("a PNG")));
    });
    if let Some(jpeg) = jpeg() {
        group.bench_function("jpeg-2373-gray-to-224", |bencher| {
            bencher.iter(|| small(&decode_gray(black_box(&jpeg), &limits).expect("a JPEG")));
        });
        group.bench_function("jpeg-2373-rgb-to-224", |bencher| {
            bencher.iter(|| small(&decode(black_box(&jpeg), &limits).expect("a JPEG")));
        });
    }
    group.finish();
}

/// Loads all images of `RADIOGRAPH_DATA` once, on two threads. It is timed directly, because it takes too long to
/// repeat.
fn whole_folder(_: &mut Criterion) {
    let Some(data) = data().filter(|_| !only_shown()) else { return };
    let files: Vec<PathBuf> = walkdir::WalkDir::new(data)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.is_file() && ImageFormat::of_extension(path).is_some())
        .collect();
    let loader = Loader::new(Preprocess::default().check().expect("defaults"), 2).expect("two threads");
    let start = Instant::now();
    let loaded =
        loader.load(files.iter().map(|file| ((), file.clone()))).filter(|image| image.input.is_ok()).count();
    let seconds = start.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("peak memory unknown");
    eprintln!(
        "loader/whole-folder: {loaded} of {} images, {:.0} images/s; {peak}",
        files.len(),
        loaded as f64 / seconds
    );
}

fn many_images(criterion: &mut Criterion) {
    let png = folder().join("large.png");
    let loader = Loader::new(Preprocess::default().check().expect("defaults"), 2).expect("two threads");
    let mut group = criterion.benchmark_group("loader");
    group.sample_size(10).throughput(Throughput::Elements(32));
    group.bench_function("png-1024-two-threads", |bencher| {
        bencher.iter(|| {
            loader.load((0..32).map(|key| (key, png.clone()))).filter(|image| image.input.is_ok()).count()
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("phantom");
    group.sample_size(10);
    group.bench_function("512", |bencher| bencher.iter(|| phantom(512)));
    group.finish();
}

criterion_group!(benches, whole_folder, one_image, many_images);
criterion_main!(benches);
