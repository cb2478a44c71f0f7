//! Measures the estimate of lungs against the masks of Cohen's collection (lungVAE), at the input size of a network.

use std::{fs, path::PathBuf};

use radiograph_image::{
    Limits, Picture, Samples,
    ablate::{Region, estimated_lungs},
    decode_file,
    preprocess::{Preprocess, resize},
};
use radiograph_input::{FilmPart, Filter};

const SIDE: u32 = 224;

/// Film and mask of every masked film.
fn masked(data: &std::path::Path) -> Vec<(PathBuf, PathBuf)> {
    let cohen = data.join("covid-chestxray-dataset");
    let mut films: Vec<PathBuf> =
        fs::read_dir(cohen.join("images")).unwrap().map(|entry| entry.unwrap().path()).collect();
    films.sort();
    let masks = cohen.join("annotations/lungVAE-masks");
    let mask =
        |film: &PathBuf| masks.join(format!("{}_mask.png", film.file_stem().unwrap().to_str().unwrap()));
    films
        .into_iter()
        .map(|film| (mask(&film), film))
        .filter(|(mask, _)| mask.is_file())
        .map(|(mask, film)| (film, mask))
        .collect()
}

/// The numbers in docs/audit.md: quantiles of the Dice coefficient, and its mean. An outline that is not fitted reaches a mean of
/// 0.78 (mean of the masks of one half of the patients against those of the other half).
#[test]
fn golden_estimated_lungs_against_masks() {
    let Some(data) = radiograph_needs::folder("RADIOGRAPH_DATA") else { return };
    let films = masked(&data);
    assert_eq!(films.len(), 198, "films with a mask");
    let preprocessor = Preprocess { size: SIDE, ..Preprocess::default() }.check().unwrap();
    let mut dice = Vec::new();
    for (film, mask) in &films {
        let square = preprocessor.to_square(decode_file(film, &Limits::default()).unwrap());
        let mask = decode_file(mask, &Limits::default()).unwrap().into_gray().into_8_bit();
        let Samples::Gray8(values) = resize(&mask, SIDE, SIDE, Filter::Nearest).unwrap().into_samples()
        else {
            panic!("a gray mask")
        };
        let mask = Region::new(SIDE, SIDE, values.iter().map(|value| *value > 127).collect()).unwrap();
        dice.push(estimated_lungs(&square).dice(&mask).unwrap());
    }
    dice.sort_by(f64::total_cmp);
    let at = |share: f64| dice[((dice.len() - 1) as f64 * share).round() as usize];
    let mean = dice.iter().sum::<f64>() / dice.len() as f64;
    let overlap = dice.iter().map(|dice| dice / (2.0 - dice)).sum::<f64>() / dice.len() as f64;
    println!(
        "mean Dice {mean:.3}, IoU {overlap:.3}; 5 % {:.3}, 25 % {:.3}, median {:.3}, 75 % {:.3}; worst {:.3}",
        at(0.05),
        at(0.25),
        at(0.5),
        at(0.75),
        dice[0]
    );
    assert!(mean > 0.82 && at(0.05) > 0.68, "mean {mean}, 5 % {}", at(0.05));
}

/// How much of the lungs the box around the estimated ones keeps, and of the film; the numbers in docs/audit.md.
#[test]
fn golden_box_around_estimated_lungs_against_masks() {
    let Some(data) = radiograph_needs::folder("RADIOGRAPH_DATA") else { return };
    let films = masked(&data);
    assert_eq!(films.len(), 198, "films with a mask");
    let preprocessor = Preprocess { part: FilmPart::Lungs, ..Preprocess::default() }.check().unwrap();
    let (mut lungs, mut area) = (Vec::new(), 0.0);
    for (film, mask) in &films {
        let film = decode_file(film, &Limits::default()).unwrap();
        let cut = preprocessor.cut(&film);
        let mask = decode_file(mask, &Limits::default()).unwrap().into_gray().into_8_bit();
        let mask = resize(&mask, film.width(), film.height(), Filter::Nearest).unwrap();
        let inside = mask.crop(cut.corner().0, cut.corner().1, cut.size().0, cut.size().1).unwrap();
        let marked = |picture: &Picture| match picture.samples() {
            Samples::Gray8(values) => values.iter().filter(|value| **value > 127).count() as f64,
            _ => panic!("a gray mask"),
        };
        lungs.push(marked(&inside) / marked(&mask));
        area += f64::from(cut.size().0) * f64::from(cut.size().1)
            / (f64::from(film.width()) * f64::from(film.height()));
    }
    lungs.sort_by(f64::total_cmp);
    let mean = lungs.iter().sum::<f64>() / lungs.len() as f64;
    let area = area / films.len() as f64;
    println!(
        "lungs kept: mean {mean:.3}, 5 % {:.3}, worst {:.3}; area kept: mean {area:.3}",
        lungs[9], lungs[0]
    );
    assert!(mean > 0.95 && area < 0.9, "{mean} of the lungs, {area} of the film");
}
