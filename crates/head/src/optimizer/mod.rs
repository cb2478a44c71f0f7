//! Optimisers: their steps, and gradient clipping.

mod adam;
mod clipping;
mod moved;
mod rmsprop;
mod rule;
mod sgd;
mod steps;
mod tile;

pub use steps::Optimizer;
