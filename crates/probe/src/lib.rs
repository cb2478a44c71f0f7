#![doc = include_str!("../README.md")]
#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]

mod error;
mod examples;
mod folds;
mod minimise;
mod objective;
mod probe;
mod search;
mod span;
mod standardisation;
mod stopping;
mod triangle;

pub use error::Error;
pub use examples::Examples;
pub use folds::{Fold, Folds};
pub use probe::{Convergence, Probe};
pub use search::{Candidate, Chosen, GRID, choose};
pub use standardisation::Standardisation;
pub use stopping::Stopping;
