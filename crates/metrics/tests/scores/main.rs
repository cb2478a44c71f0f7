//! Tests of the whole crate in one binary: comparisons with other software, and properties.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod calibration;
mod comparison;
mod coverage;
mod decisions;
mod files;
mod golden_metrics;
mod golden_statistics;
mod independent;
mod input;
mod intervals;
mod properties;
mod reference;
mod resampling;
mod simulation;
mod use_of_scores;
mod weights;
