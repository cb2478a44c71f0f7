//! Measures the audit on drawn tables: how often each probe finds a planted shortcut, at three strengths, and how often
//! it raises a false alarm without one.
//!
//! `cargo run --release -p radiograph-audit --example false_alarms -- 20 400`: 20 seeds, 400 tables without a shortcut. Without
//! numbers, one seed and two tables show the form and prove nothing.

#![allow(clippy::print_stdout, reason = "a program")]

use radiograph_audit::{
    Audit, Probe, Settings, Verdict,
    planted::{Planted, Shortcut},
};
use radiograph_metrics::{Level, Proportion};
use radiograph_probe::Stopping;
use rayon::prelude::*;

/// Verdicts of all probes on one table, in the order of [`Probe::ALL`].
fn verdicts(planted: Planted, settings: &Settings) -> Result<Vec<Verdict>, radiograph_audit::Error> {
    let audit = Audit::of(&planted.draw()?, None, settings)?;
    Ok(audit.probes.iter().map(|of| of.verdict).collect())
}

fn tables(
    shortcut: Shortcut,
    strength: f64,
    seeds: std::ops::Range<u64>,
    settings: &Settings,
) -> Result<Vec<Vec<Verdict>>, radiograph_audit::Error> {
    seeds
        .into_par_iter()
        .map(|seed| verdicts(Planted::new(shortcut, strength, seed), &Settings { seed, ..settings.clone() }))
        .collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<Vec<u64>, _>>()?;
    let (seeds, nulls) = (numbers.first().copied().unwrap_or(1), numbers.get(1).copied().unwrap_or(2));
    // The defaults without what no verdict depends on, and with fewer penalties and folds, for time.
    let settings = Settings {
        controls: 0,
        shares: Vec::new(),
        replicates: 400,
        folds: 3,
        penalties: vec![1e-4, 1e-3, 1e-2],
        stopping: Stopping { tolerance: 1e-3, iterations: 300 },
        ..Settings::default()
    };
    let names: Vec<&str> = Probe::ALL.iter().map(|probe| probe.name()).collect();

    println!(
        "Tables of {seeds} seeds in which a probe says found / not found; 160 training and 160 test patients.\n"
    );
    println!("| planted | strength | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    for shortcut in Shortcut::ALL {
        for strength in [0.25, 0.5, 1.0] {
            let tables = tables(shortcut, strength, 0..seeds, &settings)?;
            let cells = Probe::ALL.iter().enumerate().map(|(place, probe)| {
                let count = |wanted| tables.iter().filter(|verdicts| verdicts[place] == wanted).count();
                let cell = format!("{} / {}", count(Verdict::Found), count(Verdict::NotFound));
                if shortcut.probes().contains(probe) { format!("**{cell}**") } else { cell }
            });
            println!("| {} | {strength} | {} |", shortcut.name(), cells.collect::<Vec<_>>().join(" | "));
        }
    }

    println!("\n{nulls} tables without a shortcut.\n");
    println!("| probe | found | not found | cannot tell | found, end of the 95 % interval |");
    println!("|---|---|---|---|---|");
    let tables = tables(Shortcut::Nothing, 0.0, 10_000..10_000 + nulls, &settings)?;
    let line = |name: &str, of: &dyn Fn(&[Verdict]) -> Verdict| -> Result<(), Box<dyn std::error::Error>> {
        let count = |wanted| tables.iter().filter(|verdicts| of(verdicts) == wanted).count() as u64;
        let found = count(Verdict::Found);
        let upper = Proportion::new(found, nulls)?.clopper_pearson(Level::NINETY_FIVE)?.high;
        let (not, unsure) = (count(Verdict::NotFound), count(Verdict::CannotTell));
        println!("| {name} | {found} | {not} | {unsure} | {:.1} % |", 100.0 * upper);
        Ok(())
    };
    for (place, probe) in Probe::ALL.iter().enumerate() {
        line(probe.name(), &|verdicts| verdicts[place])?;
    }
    line("any probe", &|verdicts| verdicts.iter().copied().min().unwrap_or(Verdict::CannotTell))
}
