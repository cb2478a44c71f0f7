//! Extraction from outside, through a tiny network whose features others can compute: whatever happens, the store holds
//! the right features of the right images, each once.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod failures;
mod killed;
mod memory;
mod network;
mod scene;
mod store;
mod workers;
