//! How the time and the memory of a search with crops grow with the number of films, on two threads.
//!
//! ```console
//! $ cargo run --release -p radiograph-same-picture --example growth -- 5000 10000 20000
//! ```
//!
//! The films are phantoms of different patients, which look more alike than people do: so the look-ups propose more pairs than
//! they would among real films, and every one of them is tried in vain.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::{env, error::Error, fs, time::Instant};

use radiograph_files::ContentHash;
use radiograph_phantoms::{Finding, Phantom};
use radiograph_same_picture::{Fingerprint, Search, find};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let sizes = env::args().skip(1).map(|size| size.parse()).collect::<Result<Vec<u32>, _>>()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    let draw = |patient: u32| {
        let finding = Finding::ALL[patient as usize % 3];
        let phantom = Phantom { seed: 3, patient, film: 0, finding, bedside: patient.is_multiple_of(2) };
        Fingerprint::of_picture(ContentHash::of_bytes(&patient.to_le_bytes()), phantom.draw(96).picture)
    };
    let most = sizes.iter().copied().max().unwrap_or(0);
    let start = Instant::now();
    let prints: Vec<Fingerprint> = pool.install(|| (0..most).into_par_iter().map(draw).collect());
    println!("{most} films drawn in {:.0} s", start.elapsed().as_secs_f64());
    for size in sizes {
        let (start, before) = (Instant::now(), processor_seconds());
        let pairs = pool.install(|| find(&prints[..size as usize], &Search::default()))?;
        let seconds = start.elapsed().as_secs_f64();
        // On a busy machine the time of the processor is the steadier one.
        let each = (processor_seconds() - before) / f64::from(size) * 1e3;
        println!(
            "{size:7} films: {seconds:7.1} s, {each:.1} ms of a processor a film, {} pairs; {}",
            pairs.len(),
            peak()
        );
    }
    Ok(())
}

/// Seconds that this process has computed, on all threads: user and system time in hundredths, from `proc_pid_stat(5)`.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("peak memory unknown").to_owned()
}
