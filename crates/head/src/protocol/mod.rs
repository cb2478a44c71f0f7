//! A whole training of one network's heads: from labelled images and their features to folds, a tested model, and its
//! predictions as a table.

mod cohort;
mod predictions;
mod record;
mod run;
#[cfg(test)]
mod tests;

pub use cohort::{Cohort, LabelledImage, Subset};
pub use record::{FoldRecord, ProtocolRecord};
pub use run::{Protocol, Stage, TestedModel, TrainingProgress};
