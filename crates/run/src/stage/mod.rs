//! The stages of a run that need no libtorch: assemble, train (linear probes and ensembles), evaluate, audit, report.

mod assemble;
mod audit;
mod ensemble;
mod evaluate;
mod probe;
mod repeats;
mod report;

pub use assemble::{no_collection, watched};
pub use ensemble::TEST_PREDICTIONS;
pub use evaluate::Evaluated;
pub use repeats::Split;
