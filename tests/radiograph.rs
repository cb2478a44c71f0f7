//! Tests across crates, in one program, so that libtorch is linked only once.

#![allow(clippy::unwrap_used, reason = "all of this is tests; one that cannot go on fails")]

mod backbone;
mod backbone_contract;
mod backbone_more;
mod backbone_real;
mod devices;
mod fill;
mod foreign_libtorch;
mod full_audit;
mod gradcam;
mod head;
mod keras_lineage;
mod layers;
mod onnx;
mod onnx_network;
mod operations;
mod own_films;
mod paper;
mod pipeline;
mod pointing;
mod reference;
mod repetitions;
