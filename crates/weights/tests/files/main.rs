//! Tests of valid, invalid and malicious files of weights, and of the folder that they are installed in.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod folder;
mod golden;
mod hostile;
mod properties;
mod scene;
mod strict;
