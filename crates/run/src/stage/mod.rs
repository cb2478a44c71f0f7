//! The stages of a run that need no libtorch: assemble, train (linear probes), evaluate, audit, report.

mod assemble;
mod audit;
mod evaluate;
mod probe;
mod report;

pub use assemble::{no_collection, watched};
pub use evaluate::Evaluated;
