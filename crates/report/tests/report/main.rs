//! Tests of the page and its figures, with made-up input.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod accessibility;
mod audit;
mod claim;
mod content;
mod figures;
mod hostile;
mod sample;
mod shape;
