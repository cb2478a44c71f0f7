//! Files of weights, right, wrong and hostile, and the folder they are installed in.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod folder;
mod golden;
mod hostile;
mod properties;
mod scene;
mod strict;
