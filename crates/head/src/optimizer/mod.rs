//! Optimisers: their steps, and gradient clipping.

mod adam;
mod clipping;
mod rmsprop;
mod rule;
mod sgd;
mod steps;

pub use steps::Optimizer;
