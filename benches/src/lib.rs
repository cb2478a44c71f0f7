//! Tells benches how much they measure.
//!
//! `cargo bench` measures. `cargo test --bench NAME` runs each benchmark once, which shows that it works: on less, because tests
//! are not optimised.

use std::env;

/// Whether the benches of this process only show that they work. Cargo starts measurements with `--bench`.
pub fn only_shown() -> bool {
    !env::args().any(|word| word == "--bench")
}

/// The first amount if this process measures, else the second.
pub fn measured_or_shown<T>(measured: T, shown: T) -> T {
    if only_shown() { shown } else { measured }
}
