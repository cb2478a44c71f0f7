//! The stages of a run that need no libtorch: assemble, evaluate, report.

mod assemble;
mod evaluate;
mod report;

pub use assemble::{no_collection, watched};
pub use evaluate::Evaluated;
