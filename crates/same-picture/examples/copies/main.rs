//! Which copies of real films the search finds, and how many films of different people it takes for one.
//!
//! ```console
//! $ cargo run --release -p radiograph-same-picture --example copies -- [--half first|second] [--kinds a,b] [--relief X] \
//!     [--every N] [--show FOLDER] FOLDER…
//! ```
//!
//! The films below the folders are decoded, and one is kept of each picture that the search finds among them. They are cut
//! into two halves by patient. Of every film of one half a copy of each kind is made. For each kind all films of the half and
//! their copies are searched together: a copy that is connected with its film is found; an edge between pictures of two
//! films is a false pair. `--relief` sets the threshold, `--every 5` copies every fifth film, `--each` compares
//! every copy with its own film alone and prints how well they agree, `--show` writes the false pairs
//! side by side.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod kinds;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use radiograph_files::ContentHash;
use radiograph_image::{ImageFormat, Limits, Picture, decode_file, encode_png, preprocess::resize};
use radiograph_input::Filter;
use radiograph_same_picture::{Evidence, Fingerprint, SamePicture, Search, find};
use rayon::prelude::*;

use crate::kinds::{KINDS, gray, levels};

struct Film {
    path: PathBuf,
    picture: Picture,
    print: Fingerprint,
    patient: String,
}

struct Arguments {
    half: Option<usize>,
    kinds: Vec<String>,
    search: Search,
    every: usize,
    each: bool,
    show: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut read = Arguments {
        half: None,
        kinds: Vec::new(),
        search: Search::default(),
        every: 1,
        each: false,
        show: None,
        folders: Vec::new(),
    };
    let mut given = env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or("a value is missing");
        match argument.as_str() {
            "--half" => read.half = Some(usize::from(value()? == "second")),
            "--kinds" => read.kinds = value()?.split(',').map(str::to_owned).collect(),
            "--relief" => read.search.relief = value()?.parse()?,
            "--promising" => read.search.promising = value()?.parse()?,
            "--every" => read.every = value()?.parse()?,
            "--each" => read.each = true,
            "--show" => read.show = Some(value()?.into()),
            folder => read.folders.push(folder.into()),
        }
    }
    Ok(read)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    if arguments.folders.is_empty() {
        println!("no folder of films was given, so nothing was copied");
        return Ok(());
    }
    let films = films(&arguments)?;
    println!(
        "{:26} {:>6} {:>7} {:>8} {:>12} {:>7}  weakest true",
        "kind", "copies", "found", "recall", "pairs", "false"
    );
    let mut shown = 0;
    for kind in KINDS
        .iter()
        .filter(|kind| arguments.kinds.is_empty() || arguments.kinds.iter().any(|name| name == kind.name))
    {
        let start = Instant::now();
        let prints: Vec<Fingerprint> = films
            .par_iter()
            .enumerate()
            .map(|(number, film)| {
                let copy = (kind.make)(&film.picture, number);
                Fingerprint::of_picture(
                    ContentHash::of_bytes(format!("{} {number}", kind.name).as_bytes()),
                    copy,
                )
            })
            .collect();
        if arguments.each {
            each(kind.name, &films, &prints, &arguments.search)?;
            continue;
        }
        let all: Vec<Fingerprint> = films.iter().map(|film| film.print.clone()).chain(prints).collect();
        let pairs = find(&all, &arguments.search)?;
        let groups = groups(all.len(), &pairs);
        let found = (0..films.len()).filter(|&at| groups[at] == groups[at + films.len()]).count();
        let film = |at: usize| at % films.len();
        let is_false =
            |pair: &&SamePicture| films[film(pair.first)].patient != films[film(pair.second)].patient;
        let wrong: Vec<&SamePicture> = pairs.iter().filter(is_false).collect();
        let mut weakest: Vec<f64> = pairs
            .iter()
            .filter(|pair| film(pair.first) == film(pair.second))
            .filter_map(|pair| match pair.evidence {
                Evidence::Relief { relief, .. } => Some(relief),
                _ => None,
            })
            .collect();
        weakest.sort_by(f64::total_cmp);
        let weakest: Vec<String> = [0, weakest.len() / 100, weakest.len() / 20]
            .iter()
            .filter_map(|&at| Some(format!("{:.2}", weakest.get(at)?)))
            .collect();
        println!(
            "{:26} {:>6} {found:>7} {:>8.3} {:>12} {:>7}  {} ({:.0} s){}",
            kind.name,
            films.len(),
            found as f64 / films.len() as f64,
            films.len() * films.len().saturating_sub(1) / 2 * 4,
            wrong.len(),
            weakest.join(" "),
            start.elapsed().as_secs_f64(),
            if kind.is_tilted { ", tilted" } else { "" },
        );
        for pair in wrong {
            let (first, second) = (&films[film(pair.first)], &films[film(pair.second)]);
            println!("    {} and {}: {}", first.path.display(), second.path.display(), pair.evidence);
            if let Some(folder) = &arguments.show {
                show(folder, shown, &[&first.picture, &second.picture])?;
                shown += 1;
            }
        }
    }
    Ok(())
}

/// Compares every copy with its own film alone, down to a low correlation: what the threshold is set by.
fn each(kind: &str, films: &[Film], prints: &[Fingerprint], search: &Search) -> Result<(), Box<dyn Error>> {
    let search = Search { relief: 0.4, ..*search };
    let found = films.par_iter().zip(prints).map(|(film, copy)| {
        let pairs = find(&[film.print.clone(), copy.clone()], &search)?;
        Ok(pairs.first().map_or(0.0, |pair| match pair.evidence {
            Evidence::Relief { relief, .. } => relief,
            _ => 1.0,
        }))
    });
    let mut found = found.collect::<Result<Vec<f64>, radiograph_same_picture::SamePictureError>>()?;
    found.sort_by(f64::total_cmp);
    let at = |share: f64| found.get((found.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let shares = [0.0, 0.01, 0.02, 0.05, 0.10, 0.25, 0.5].map(|share| format!("{:.3}", at(share)));
    println!("{kind:26} lowest, 1, 2, 5, 10, 25, 50 %: {}", shares.join(" "));
    Ok(())
}

/// The films of the half, one of each picture.
fn films(arguments: &Arguments) -> Result<Vec<Film>, Box<dyn Error>> {
    let patients = patients(&arguments.folders)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in &arguments.folders {
        let inside =
            walkdir::WalkDir::new(folder).into_iter().filter_map(|entry| Some(entry.ok()?.into_path()));
        let is_mask = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "annotations");
        files
            .extend(inside.filter(|path| {
                path.is_file() && ImageFormat::of_extension(path).is_some() && !is_mask(path)
            }));
    }
    files.sort();
    let all: Vec<Film> = files
        .into_par_iter()
        .filter_map(|path| {
            let picture = decode_file(&path, &Limits::default()).ok()?.into_gray().into_8_bit();
            let print = Fingerprint::of_picture(
                ContentHash::of_bytes(path.as_os_str().as_encoded_bytes()),
                picture.clone(),
            );
            let patient = patient(&path, &patients);
            Some(Film { path, picture, print, patient })
        })
        .collect();
    let prints: Vec<Fingerprint> = all.iter().map(|film| film.print.clone()).collect();
    let start = Instant::now();
    let pairs = find(&prints, &arguments.search)?;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    pairs.iter().for_each(|pair| *kinds.entry(pair.evidence.kind()).or_default() += 1);
    println!(
        "{} films, {} pairs in {:.0} s: {kinds:?}",
        all.len(),
        pairs.len(),
        start.elapsed().as_secs_f64()
    );
    let mut shown = 0;
    for pair in &pairs {
        let (first, second) = (&all[pair.first], &all[pair.second]);
        if matches!(pair.evidence, Evidence::Relief { .. }) {
            let same = if first.patient == second.patient { ", one patient" } else { "" };
            println!(
                "  {shown}: {} and {}: {}{same}",
                first.path.display(),
                second.path.display(),
                pair.evidence
            );
            if let Some(folder) = &arguments.show {
                show(&folder.join("originals"), shown, &[&first.picture, &second.picture])?;
            }
            shown += 1;
        }
    }
    let groups = groups(all.len(), &pairs);
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for (film, group) in all.into_iter().zip(groups) {
        if seen.insert(group) {
            kept.push(film);
        }
    }
    if let Some(half) = arguments.half {
        kept.retain(|film| {
            let hash = ContentHash::of_bytes(film.patient.as_bytes()).to_string();
            hash.bytes().next().is_some_and(|digit| (digit % 2) as usize == half)
        });
    }
    let kept: Vec<Film> = kept.into_iter().step_by(arguments.every.max(1)).collect();
    let people: BTreeSet<&str> = kept.iter().map(|film| film.patient.as_str()).collect();
    println!("{} films of {} patients are copied", kept.len(), people.len());
    Ok(kept)
}

/// What hangs together has one number.
fn groups(count: usize, pairs: &[SamePicture]) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..count).collect();
    for pair in pairs {
        let (kept, gone) = (groups[pair.first], groups[pair.second]);
        if kept != gone {
            groups.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
        }
    }
    groups
}

/// The patients that the tables beside the images name, by the image's name without its extension.
fn patients(folders: &[PathBuf]) -> Result<HashMap<String, String>, Box<dyn Error>> {
    let mut patients = HashMap::new();
    for folder in folders {
        for table in ["metadata.csv", "data.csv"].map(|name| folder.join(name)) {
            let Ok(bytes) = fs::read(&table) else { continue };
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[..]);
            let headers = reader.byte_headers()?.clone();
            let column = |names: &[&str]| {
                headers.iter().position(|header| {
                    let header = String::from_utf8_lossy(header);
                    names.contains(&header.trim_start_matches('\u{feff}'))
                })
            };
            let (Some(file), Some(patient)) =
                (column(&["filename", "image_id"]), column(&["patientid", "patient_id"]))
            else {
                continue;
            };
            for record in reader.byte_records() {
                let record = record?;
                let text =
                    |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default()).into_owned();
                let name = stem(Path::new(&text(file)));
                patients.insert(name, format!("{} {}", folder.display(), text(patient)));
            }
        }
    }
    Ok(patients)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// As the tables say; else the number that the film's name starts with, as ChestX-ray14 and Figure 1 number theirs.
fn patient(path: &Path, patients: &HashMap<String, String>) -> String {
    let stem = stem(path);
    if let Some(patient) = patients.get(&stem) {
        return patient.clone();
    }
    let folder = path.parent().unwrap_or(Path::new("")).display();
    match stem.split_once('_') {
        Some((number, film)) if number.len() == 8 && film.len() == 3 => format!("{folder} {number}"),
        _ if stem.starts_with("COVID-0") => {
            format!("{folder} {}", stem.trim_end_matches(|letter: char| letter.is_ascii_lowercase()))
        }
        _ => path.display().to_string(),
    }
}

/// Writes pictures side by side.
fn show(folder: &Path, number: usize, pictures: &[&Picture]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let side = 320;
    let tiles: Vec<Picture> =
        pictures.iter().filter_map(|picture| resize(picture, side, side, Filter::Bilinear)).collect();
    let width = side as usize;
    let rows = (0..width).flat_map(|row| {
        tiles.iter().flat_map(move |tile| levels(tile)[row * width..(row + 1) * width].to_vec())
    });
    let sheet = gray(side * tiles.len() as u32, side, rows.collect());
    fs::write(folder.join(format!("{number:03}.png")), encode_png(&sheet).ok_or("no PNG")?)?;
    Ok(())
}
