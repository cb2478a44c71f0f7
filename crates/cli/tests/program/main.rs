//! Tests of the program as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(all(unix, feature = "libtorch"))]
mod cluster;
mod codes;
#[cfg(all(unix, feature = "libtorch"))]
mod documents;
mod help;
#[cfg(all(feature = "libtorch", feature = "onnx"))]
mod onnx;
#[cfg(feature = "libtorch")]
mod run;
mod scene;
