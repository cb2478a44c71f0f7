//! Tests of extraction through the public interface, with a tiny network whose features are easy to compute: the store
//! always holds the right features of the right images, each once.

#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

mod failures;
mod killed;
mod memory;
mod network;
mod scene;
mod store;
mod workers;
