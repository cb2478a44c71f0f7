//! Runs a whole protocol for one network's head: trains the folds, tests a model and writes its predictions.

mod predictions;
mod run;
#[cfg(test)]
mod tests;

pub use run::{Stage, TrainingProgress, finished_protocol, run_protocol, train_fold, write_test_predictions};
