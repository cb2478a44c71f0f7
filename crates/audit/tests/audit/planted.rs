//! Planted shortcuts are found by the right probe, the others stay silent, and null tables raise few alarms.
//!
//! The full tables come from `cargo run --release -p radiograph-audit --example false_alarms -- 20 400`.

use radiograph_audit::{
    Audit, Probe, Verdict,
    planted::{Planted, Shortcut},
};
use rayon::prelude::*;

use crate::quick;

/// Which probes found something, over tables of one shortcut.
fn found(shortcut: Shortcut, strength: f64, seeds: std::ops::Range<u64>, patients: usize) -> Vec<Vec<Probe>> {
    let one = |seed| {
        let planted =
            Planted { training: patients, test: patients, ..Planted::new(shortcut, strength, seed) };
        let audit = Audit::of(&planted.draw().unwrap(), None, &quick()).unwrap();
        let found = audit.probes.iter().filter(|of| of.verdict == Verdict::Found);
        found.map(|of| of.probe).collect()
    };
    seeds.into_par_iter().map(one).collect()
}

/// The number of tables in which a probe that should find the shortcut did, and of false alarms of the others.
fn counts(shortcut: Shortcut, tables: &[Vec<Probe>]) -> (Vec<usize>, usize) {
    let right = shortcut.probes();
    let hits =
        right.iter().map(|probe| tables.iter().filter(|found| found.contains(probe)).count()).collect();
    let false_alarms = tables.iter().filter(|found| found.iter().any(|probe| !right.contains(probe))).count();
    (hits, false_alarms)
}

#[test]
fn the_right_probe_finds_each_shortcut_and_the_others_stay_silent() {
    let mut wrong = 0;
    for shortcut in Shortcut::ALL {
        let tables = found(shortcut, 1.0, 0..20, 100);
        let (hits, false_alarms) = counts(shortcut, &tables);
        assert!(hits.iter().all(|hits| *hits >= 19), "{}: {hits:?} of 20", shortcut.name());
        wrong += false_alarms;
    }
    // 5 % of 120 tables are 6; more than 12 have a chance below 1 %.
    assert!(wrong <= 12, "{wrong} of 120 tables with a false alarm");
}

#[test]
fn weaker_shortcuts_are_found_less_often_but_found() {
    for shortcut in Shortcut::ALL {
        let [half, quarter] = [0.5, 0.25].map(|strength| {
            let tables = found(shortcut, strength, 0..6, 100);
            counts(shortcut, &tables).0.into_iter().max().unwrap()
        });
        assert!(half >= 3, "{}: {half} of 6 at half strength", shortcut.name());
        assert!(quarter <= half + 1, "{}: {quarter} and {half} of 6", shortcut.name());
    }
}

/// The full number of tables is in the example; here the upper limit for 40 tables that raise alarms in 5 % of cases.
#[test]
fn tables_without_a_shortcut_raise_few_alarms() {
    let tables = found(Shortcut::Nothing, 0.0, 1_000..1_040, 60);
    let alarms = tables.iter().filter(|found| !found.is_empty()).count();
    // P(more than 6 of 40 at 5 %) is 0.3 %.
    assert!(alarms <= 6, "{alarms} of 40");
}
