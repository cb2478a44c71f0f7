//! Measures the flags of films: each sign is planted in real films, and each flag is counted on planted and plain ones.
//!
//!     cargo run -p radiograph-dataset --example flag_rates -- COLLECTION …
//!
//! Patients are dealt to two halves. One half suggests the thresholds: the least that flags at most 2 % of its plain films.
//! The other half gives the rates at the thresholds of `Flag::threshold`. With `--chest` it prints the mean chest of the
//! first half instead. With `--show=FOLDER` it draws the flagged published films of the other half as contact sheets, to
//! be judged by eye, and prints their names.

mod plant;
mod show;

use std::{env, path::PathBuf};

use radiograph_dataset::{
    Modality, Record, View,
    source::{Collection, recognise},
};
use radiograph_files::ContentHash;
use radiograph_image::{
    Limits, Picture, decode_file,
    flags::{Flag, Scores, cell_ranks},
};
use radiograph_random::Stream;
use rayon::prelude::*;

type Failure = Box<dyn std::error::Error>;

/// A real film.
struct Film {
    picture: Picture,
    /// Whether its patient belongs to the half that suggests the thresholds.
    fixes: bool,
    number: u64,
}

#[allow(clippy::print_stdout, reason = "a program")]
fn main() -> Result<(), Failure> {
    let (options, folders): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with("--"));
    let mut records: Vec<Record> = Vec::new();
    for folder in folders {
        for source in recognise(&PathBuf::from(folder))?.sources {
            let Collection { records: found, .. } = source.read()?;
            records.extend(found.into_iter().filter(is_frontal_film));
        }
    }
    if options.iter().any(|option| option == "--chest") {
        let films = records.par_iter().enumerate().filter_map(film).filter(|film| film.fixes);
        print_chest(&films.filter_map(|film| cell_ranks(&film.picture)).collect::<Vec<_>>());
        return Ok(());
    }
    if let Some(folder) = options.iter().find_map(|option| option.strip_prefix("--show=")) {
        let films = records.par_iter().enumerate().filter_map(|(number, record)| {
            let film = film((number, record)).filter(|film| !film.fixes)?;
            Some((record.id.to_string(), film.picture))
        });
        return show::flagged(films.collect(), folder.as_ref());
    }
    let measured: Vec<(bool, [[f64; 3]; Flag::ALL.len()])> =
        records.par_iter().enumerate().filter_map(film).map(|film| (film.fixes, measure(&film))).collect();
    println!("{} films, {} of them to suggest thresholds", measured.len(), of_half(&measured, true).count());
    println!(
        "| flag | threshold | suggested | planted films flagged | plain films flagged | published films flagged |"
    );
    println!("|---|---|---|---|---|---|");
    for (at, flag) in Flag::ALL.into_iter().enumerate() {
        let scores = |fixes, kind: usize| of_half(&measured, fixes).map(move |scores| scores[at][kind]);
        let mut plain: Vec<f64> = scores(true, 1).collect();
        plain.sort_by(f64::total_cmp);
        let suggested = plain.get(plain.len() * 98 / 100).copied().unwrap_or(f64::NAN);
        let rate = |kind| {
            let flagged = scores(false, kind).filter(|&score| score > flag.threshold()).count();
            let all = scores(false, kind).count();
            format!("{flagged} of {all} ({:.1} %)", 100.0 * flagged as f64 / all as f64)
        };
        println!(
            "| {} | {} | {suggested:.3} | {} | {} | {} |",
            flag.name(),
            flag.threshold(),
            rate(0),
            rate(1),
            rate(2)
        );
    }
    Ok(())
}

fn of_half<T>(measured: &[(bool, T)], fixes: bool) -> impl Iterator<Item = &T> {
    measured.iter().filter(move |(half, _)| *half == fixes).map(|(_, scores)| scores)
}

fn is_frontal_film(record: &Record) -> bool {
    !matches!(record.modality, Modality::Ct | Modality::Other)
        && !matches!(record.view, View::Lateral | View::NotFrontal | View::Ct)
}

fn film((number, record): (usize, &Record)) -> Option<Film> {
    let picture = decode_file(&record.path, &Limits::default()).ok()?;
    let patient = record.patient.as_ref().map_or_else(|| record.id.to_string(), ToString::to_string);
    let hash = ContentHash::of_bytes(patient.as_bytes());
    let fixes = hash.short().bytes().next().is_some_and(|digit| digit % 2 == 0);
    Some(Film { picture: picture.into_gray().into_8_bit(), fixes, number: number as u64 })
}

/// For each flag: its score on the planted, the plain, and the published film.
fn measure(film: &Film) -> [[f64; 3]; Flag::ALL.len()] {
    let published = Scores::of(&film.picture);
    Flag::ALL.map(|flag| {
        let mut stream = Stream::new(1, flag.name()).numbered(film.number);
        // Published films have borders and letters of their own, mostly near the edges. Their middle is plain.
        let margin = match flag {
            Flag::Border => 0.12,
            Flag::Text => 0.2,
            _ => 0.0,
        };
        let plain = plant::middle(&film.picture, margin);
        let planted = match flag {
            Flag::Sideways => plant::turned(&plain, &mut stream),
            Flag::Inverted => plant::inverted(&plain),
            Flag::Border => plant::bordered(&plain, &mut stream),
            Flag::Text => plant::written_on(&plain, &mut stream),
            _ => plant::emptied(&plain, &mut stream),
        };
        [Scores::of(&planted).score(flag), Scores::of(&plain).score(flag), published.score(flag)]
    })
}

#[allow(clippy::print_stdout, reason = "a program")]
fn print_chest(ranks: &[Vec<f64>]) {
    const SIDE: usize = 16;
    let mean = |row: usize, column: usize| {
        let both = |ranks: &Vec<f64>| ranks[row * SIDE + column] + ranks[row * SIDE + SIDE - 1 - column];
        ranks.iter().map(both).sum::<f64>()
    };
    let means: Vec<Vec<f64>> =
        (0..SIDE).map(|row| (0..SIDE / 2).map(|column| mean(row, column)).collect()).collect();
    let values = || means.iter().flatten();
    let (least, most) =
        (values().fold(f64::MAX, |a, b| a.min(*b)), values().fold(f64::MIN, |a, b| a.max(*b)));
    println!("// of {} films", ranks.len());
    for row in &means {
        let row: Vec<u8> =
            row.iter().map(|mean| ((mean - least) / (most - least) * 255.0).round() as u8).collect();
        println!("    {row:?},");
    }
}
