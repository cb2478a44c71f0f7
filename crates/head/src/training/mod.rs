//! Training on features: what a run is told, what it reports, and the run itself.

mod config;
mod fit;
mod folds;
mod gradients;
mod history;
mod loss;
#[cfg(test)]
pub(crate) mod tests;

pub use config::{Keep, TrainingConfig};
pub use fit::{End, Event, Fit, Fitted};
pub use folds::{Fold, FoldStart, Observer, Trainings, median_best_epoch};
pub use gradients::Gradients;
pub use history::{EpochRecord, History, Scores};
pub use loss::CrossEntropy;
