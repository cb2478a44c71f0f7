//! Prints how often intervals contain the true value of a score: the tables of `docs/intervals.md`.
//!
//! `cargo run --release -p radiograph-metrics --example coverage -- 1000`, where 1000 is the number of simulated sets a row. Without it, 10 sets show the form and prove nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example shows its results")]

#[path = "../tests/scores/simulation.rs"]
mod simulation;

use simulation::{Cell, IN_USE, Kind, over_grid};

/// The numbers of patients and of images each.
const SIZES: [(usize, usize); 4] = [(30, 1), (30, 4), (100, 1), (100, 4)];

fn main() {
    let sets = std::env::args().nth(1).map_or(10, |sets| sets.parse().unwrap());
    println!("| score | true value | patients | images each | covers | too low | too high | mean width |");
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|");
    for kind in [Kind::Share, Kind::Auc, Kind::F1] {
        for (patients, images) in SIZES {
            for truth in [0.7, 0.9, 0.95, 0.99] {
                let [covers, below, above, width] = Cell { kind, truth, patients, images }.coverage(sets);
                println!(
                    "| {kind:?} | {truth} | {patients} | {images} | {covers:.3} | {below:.3} | {above:.3} | {width:.3} |"
                );
            }
        }
    }
    for (kind, truths) in IN_USE {
        for (size, truth) in
            [(100, 1), (100, 4)].into_iter().flat_map(|size| truths.map(|truth| (size, truth)))
        {
            let (patients, images) = size;
            let [covers, below, above, width] = Cell { kind, truth, patients, images }.coverage(sets);
            println!(
                "| {kind:?} | {truth} | {patients} | {images} | {covers:.3} | {below:.3} | {above:.3} | {width:.3} |"
            );
        }
    }
    println!("\n| score | patients | images each | mean over the grid | lowest |");
    println!("|:--|--:|--:|--:|--:|");
    for (kind, steps) in [(Kind::Share, 50), (Kind::Auc, 25), (Kind::F1, 4)] {
        for size in SIZES {
            let (mean, lowest) = over_grid(kind, size, steps, sets);
            println!("| {kind:?} | {} | {} | {mean:.3} | {lowest:.3} |", size.0, size.1);
        }
    }
}
