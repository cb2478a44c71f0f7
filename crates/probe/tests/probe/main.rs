//! Probes against scikit-learn, and what must hold for any data.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are small, and passed as slices are")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;
mod properties;
mod refusals;
