//! A frozen network makes a feature map of a film.
//!
//! `cargo run -p radiograph-examples --example backbone [COLLECTIONS]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod data;

use data::{Data, Failure};
use radiograph_backbone::{Backbone, Facts};
use radiograph_image::{Limits, decode_file, preprocess::Preprocess};
use radiograph_input::Normalisation;
use radiograph_libtorch::Device;
use radiograph_weights::{Architecture, Lineage};
use tch::Tensor;

fn main() -> Result<(), Failure> {
    let data = Data::of_arguments()?;
    let network = Architecture::DENSENET121;
    let facts = Facts::of(network);
    println!("{}: {} channels, {} parameters", facts.title, facts.channels, facts.parameters);

    // Random weights recognise nothing; published ones are opened with `Backbone::of_weights`.
    let backbone = Backbone::random(network, 1, Lineage::torchvision(network), Device::CPU)?;
    let steps = Preprocess { size: 96, normalisation: Normalisation::Torch, ..Preprocess::default() };
    let film = data.film()?;
    let input = steps.check()?.apply(decode_file(&film, &Limits::default())?);
    let (channels, height, width) = input.dim();
    let values: Vec<f32> = input.into_iter().collect();
    let batch = Tensor::f_from_slice(&values)?.f_view([1, channels as i64, height as i64, width as i64])?;

    let features = backbone.forward_features(&batch)?;
    println!("{}: a feature map of {:?}", film.display(), features.size());
    Ok(())
}
