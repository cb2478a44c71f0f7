//! A whole training of one network's heads: folds, a tested model, and its predictions as a table.

mod predictions;
mod run;
#[cfg(test)]
mod tests;

pub use run::{Stage, TrainingProgress, run_protocol};
