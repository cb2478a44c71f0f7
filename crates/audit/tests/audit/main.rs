//! Tests of the audit as a whole, on drawn tables with and without planted shortcuts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod blind;
mod elsewhere;
mod planted;
mod scarce;
mod sentences;
mod subgroups;

use radiograph_audit::Settings;
use radiograph_probe::Stopping;

/// Settings that decide as the defaults do, in a fraction of the time.
fn quick() -> Settings {
    Settings {
        permutations: 999,
        replicates: 100,
        controls: 0,
        folds: 2,
        penalties: vec![1e-3, 1e-2],
        stopping: Stopping { tolerance: 1e-2, iterations: 100 },
        shares: Vec::new(),
        ..Settings::default()
    }
}
