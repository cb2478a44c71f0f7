//! Does our part of a comparison with other software, piece by piece, as its peer script in `benches/peers` asks.
//!
//! ```console
//! $ cargo run --release -p radiograph-benches --example beside -- AREA FOLDER [WORD…]
//! ```
//!
//! It prepares the work of an area from the files that the script left in the folder, writes there what it computes, so
//! that the script can compare values, and prints `ready` with its number of threads. Then it reads lines: each names a
//! piece, is done once, and is answered with its seconds. Both sides are warm processes this way, and a script can
//! alternate between them. Pieces that begin with `floor-` exist in every area.

#![allow(clippy::print_stdout, reason = "a program that talks to a script")]

mod copies;
mod explanations;
mod features;
mod films;
mod floors;
mod head;
mod networks;
mod pictures;
mod scores;

use std::{
    env,
    error::Error,
    io::{self, BufRead},
    path::Path,
    time::Instant,
};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The work of an area, prepared.
pub(crate) trait Work {
    /// Does the piece of this name once and returns its seconds.
    fn perform(&mut self, piece: &str) -> Outcome<f64>;
}

/// The piece is not one of the area.
pub(crate) fn unknown<T>(piece: &str) -> Outcome<T> {
    Err(format!("this area has no piece {piece}").into())
}

/// Seconds that the work takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let start = Instant::now();
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    drop(result);
    Ok(seconds)
}

fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [area, folder, words @ ..] = &words[..] else {
        println!("usage: beside AREA FOLDER [WORD…]; the scripts in benches/peers start it");
        return Ok(());
    };
    let folder = Path::new(folder);
    match *area {
        "films" => return films::draw(folder, words),
        "load" => floors::compute_for_ever(),
        _ => {}
    }
    let mut work: Box<dyn Work> = match *area {
        "floors" => Box::new(floors::Nothing),
        "networks" => Box::new(networks::Networks::prepare(folder, words)?),
        "features" => Box::new(features::Files::prepare(folder, words)?),
        "head" => Box::new(head::Training::prepare(folder, words)?),
        "gradcam" => Box::new(explanations::Explanations::prepare(folder, words)?),
        "images" => Box::new(pictures::Pictures::prepare(folder)?),
        "metrics" => Box::new(scores::Scores::prepare(folder)?),
        "duplicates" => Box::new(copies::Copies::prepare(folder)?),
        other => return Err(format!("there is no area {other}").into()),
    };
    println!("ready {}", tch::get_num_threads());
    for piece in io::stdin().lock().lines() {
        let piece = piece?;
        let seconds = match piece.strip_prefix("floor-") {
            Some(floor) => floors::perform(floor, folder)?,
            None => work.perform(&piece)?,
        };
        println!("{seconds}");
    }
    Ok(())
}
