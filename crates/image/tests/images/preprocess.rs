//! Preprocessing against values computed by Pillow and OpenCV.

use std::path::{Path, PathBuf};

use radiograph_image::{
    Limits, Picture, Samples, decode_file, decode_gray,
    preprocess::{Clahe, Preprocess, resize},
};
use radiograph_input::Filter;
use serde::Deserialize;

use crate::golden;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    colour: Vec<Transparent>,
    #[serde(default)]
    clahe: Vec<LocalContrast>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    size: [u32; 2],
    gray: Gray,
    /// Side of the results; 224 where the file does not say.
    to: Option<u32>,
    nearest: Resized,
    bilinear: Resized,
    bicubic: Resized,
    lanczos: Resized,
}

#[derive(Deserialize)]
struct Gray {
    sum: u64,
}

#[derive(Deserialize)]
struct Resized {
    mean: f64,
    value: Vec<u8>,
}

#[derive(Deserialize)]
struct Transparent {
    file: String,
    gray_mean: f64,
    index: Vec<usize>,
    gray: Vec<u8>,
}

#[derive(Deserialize)]
struct LocalContrast {
    file: String,
    bits: u32,
    times: u16,
    clip_limit: f64,
    tiles: u32,
    step: usize,
    value: Vec<u16>,
}

/// The reference values and the folder that their images lie in.
fn reference() -> Option<(Reference, PathBuf)> {
    match golden::reference() {
        Some(folder) => Some((golden::read(&folder.join("preprocess.json")), golden::data()?)),
        None => Some((golden::read_own("preprocess.json"), golden::own_folder())),
    }
}

fn gray(folder: &Path, file: &str) -> Picture {
    decode_file(&folder.join(file), &Limits::default()).unwrap().into_gray()
}

fn bytes(picture: &Picture) -> &[u8] {
    let Samples::Gray8(values) = picture.samples() else { panic!("not 8-bit gray") };
    values
}

fn mean(values: &[u8]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

#[test]
fn golden_preprocess_filters() {
    let Some((reference, folder)) = reference() else { return };
    let (mut compared, mut far) = (0, 0);
    for case in &reference.cases {
        let picture = gray(&folder, &case.file);
        assert_eq!([picture.width(), picture.height()], case.size, "{}", case.file);
        let sum: u64 = bytes(&picture).iter().map(|&value| u64::from(value)).sum();
        let off = (sum as f64 - case.gray.sum as f64).abs() / bytes(&picture).len() as f64;
        // JPEG decoders may differ by a level here and there, in both directions; PNG may not.
        let allowed = if case.file.ends_with(".png") { 0.0 } else { 0.02 };
        assert!(off <= allowed, "{}: gray values off by {off} on average", case.file);
        let side = case.to.unwrap_or(224);
        // Loading takes the luma of a JPEG as stored; it must pass too.
        let shortcut =
            decode_gray(&std::fs::read(folder.join(&case.file)).unwrap(), &Limits::default()).unwrap();
        let filters = [
            (Filter::Nearest, &case.nearest),
            (Filter::Bilinear, &case.bilinear),
            (Filter::Bicubic, &case.bicubic),
            (Filter::Lanczos, &case.lanczos),
        ];
        for (filter, expected) in filters {
            for picture in [&picture, &shortcut] {
                let small = resize(picture, side, side, filter).unwrap();
                let step = bytes(&small).len() / expected.value.len();
                let ours: Vec<u8> = bytes(&small).iter().step_by(step).copied().collect();
                assert_eq!(ours.len(), expected.value.len());
                far += ours
                    .iter()
                    .zip(&expected.value)
                    .filter(|(ours, theirs)| ours.abs_diff(**theirs) > 1)
                    .count();
                compared += ours.len();
                let off = (mean(bytes(&small)) - expected.mean).abs();
                assert!(off < 0.05, "{} {filter:?}: mean off by {off}", case.file);
            }
        }
    }
    println!("{compared} values compared, {far} off by more than one level");
    assert!(
        compared >= 1000 && far * 1000 <= compared,
        "{far} of {compared} values are off by more than one level"
    );
}

#[test]
fn golden_preprocess_transparent() {
    let Some((reference, folder)) = reference() else { return };
    let mut compared = 0;
    for case in &reference.colour {
        let picture = gray(&folder, &case.file);
        let off = (mean(bytes(&picture)) - case.gray_mean).abs();
        assert!(off < 0.5, "{}: mean off by {off}", case.file);
        for (&index, &expected) in case.index.iter().zip(&case.gray) {
            let value = bytes(&picture)[index];
            assert!(value.abs_diff(expected) <= 1, "{} at {index}: {value}, not {expected}", case.file);
            compared += 1;
        }
    }
    println!("{compared} gray values of transparent files compared");
    assert!(compared >= 100);
}

/// Whole images, resized by Pillow for the run through the real network.
#[test]
fn golden_preprocess_whole_images() {
    #[derive(Deserialize)]
    struct Real {
        cases: Vec<RealCase>,
    }
    #[derive(Deserialize)]
    struct RealCase {
        image: String,
        size: u32,
        pixels: String,
    }
    let Some(reference) = radiograph_needs::folder("RADIOGRAPH_REFERENCE") else { return };
    let Some(data) = golden::data() else { return };
    let real: Real = golden::read(&reference.join("inception_v3_real.json"));
    for case in &real.cases {
        let ours = resize(&gray(&data, &case.image), case.size, case.size, Filter::Bilinear).unwrap();
        let theirs = gray(&reference, &case.pixels);
        let far = bytes(&ours)
            .iter()
            .zip(bytes(&theirs))
            .filter(|(ours, theirs)| ours.abs_diff(**theirs) > 1)
            .count();
        assert_eq!(far, 0, "{} at {}", case.image, case.size);
    }
    assert!(!real.cases.is_empty());
    println!("{} whole images compared", real.cases.len());
}

#[test]
fn golden_preprocess_clahe() {
    let reference: Reference = golden::read_own("preprocess.json");
    for case in &reference.clahe {
        let Samples::Gray8(values) = gray(&golden::own_folder(), &case.file).into_samples() else { panic!() };
        let (width, height) = {
            let picture = gray(&golden::own_folder(), &case.file);
            (picture.width(), picture.height())
        };
        let samples = match case.bits {
            8 => Samples::Gray8(values),
            _ => Samples::Gray16(values.into_iter().map(|value| u16::from(value) * case.times).collect()),
        };
        // CLAHE alone: a size that changes nothing needs a square, so the steps are compared before the resize.
        let clahe = Clahe { clip_limit: case.clip_limit, tiles: case.tiles };
        let equalised = clahe.apply(Picture::new(width, height, samples).unwrap());
        let ours: Vec<u16> = match equalised.samples() {
            Samples::Gray8(values) => values.iter().map(|&value| value.into()).collect(),
            Samples::Gray16(values) => values.clone(),
            _ => panic!("gray stays gray"),
        };
        let ours = ours.iter().step_by(case.step);
        let worst = ours.zip(&case.value).map(|(ours, theirs)| ours.abs_diff(*theirs)).max().unwrap();
        assert!(worst <= 1, "{} {} bits: off by {worst}", case.file, case.bits);
    }
    assert_eq!(reference.clahe.len(), 4);
}

/// A 16-bit file reaches the network with more than 256 levels.
#[test]
fn sixteen_bits_survive_until_normalisation() {
    let path = golden::own_folder().join("decode/gray-16.png");
    let picture = decode_file(&path, &Limits::default()).unwrap();
    assert_eq!(picture.bits(), 16);
    for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
        let preprocessor = Preprocess { size: 18, filter, ..Preprocess::default() }.check().unwrap();
        let input = preprocessor.apply(picture.clone());
        // Values between the 256 levels that 8 bits have.
        let between = input.iter().filter(|value| (*value * 255.0).fract().abs() > 0.01).count();
        assert!(between * 2 > input.len(), "{filter:?}: {between} of {} values lie between", input.len());
    }
}
