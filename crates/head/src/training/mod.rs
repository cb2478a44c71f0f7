//! Trains heads on features: one training, the folds of a cross-validation, loss and gradients.

#[cfg(test)]
mod any_head_tests;
#[cfg(test)]
mod buffer_tests;
#[cfg(test)]
mod checkpoint_tests;
mod fit;
mod folds;
mod gradients;
#[cfg(test)]
mod gradients_tests;
mod loss;
#[cfg(test)]
pub(crate) mod tests;

pub use fit::{End, Event, Fit, Fitted};
pub use folds::{Observer, Trainings};
pub use gradients::Gradients;
pub use loss::CrossEntropy;
