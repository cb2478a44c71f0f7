//! The page and its figures, from made-up input: what must stand in them, and what must not break them.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod accessibility;
mod content;
mod hostile;
mod sample;
mod shape;
