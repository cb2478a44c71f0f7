//! The optimiser: RMSprop steps and gradient clipping.

mod clipping;
mod rmsprop;

pub use rmsprop::Optimizer;
