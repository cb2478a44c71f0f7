//! Sources, assembling and scanning, from outside the crate.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests say what they ran on, and stop at what they did not expect"
)]

mod attacks;
mod bad_input;
mod bimcv;
mod field_cases;
mod fixtures;
mod hospitals;
mod layouts;
mod own;
mod properties;
mod real;
mod scan;
