//! The stages of a run that need no libtorch: assemble, train (linear probes), evaluate, report.

mod assemble;
mod evaluate;
mod probe;
mod report;

pub use assemble::{no_collection, watched};
pub use evaluate::Evaluated;
