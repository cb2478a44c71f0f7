//! `radiograph weights export`: writes a network with its installed weights as an ONNX file.

use std::path::PathBuf;

use radiograph_files::ContentHash;
use radiograph_onnx::{Export, Input};
use radiograph_weights::{Facts, WeightsFolder, WeightsName};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Installed weights (inception_v3, inception_v3.keras)
    name: WeightsName,
    /// ONNX file to write
    file: PathBuf,
    /// Side of the network's images in pixels [default: that of the training images]
    #[arg(long, value_name = "PIXELS")]
    size: Option<u32>,
    /// Gray films of any size as input, values 0 to 255, with resizing and normalisation in the file
    ///
    /// Without it, the input is images of the network's size, normalised as the weights ask.
    #[arg(long)]
    film: bool,
    /// Layer whose map is an output, by a name that `radiograph backbones` lists; may be repeated [default: the last map]
    #[arg(long = "layer", value_name = "NAME")]
    layers: Vec<String>,
    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// Output of `--json`.
#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    sha256: ContentHash,
    weights: String,
    input: &'static str,
    size: u32,
    outputs: Vec<String>,
}

pub(super) fn run(folder: &WeightsFolder, arguments: &Arguments) -> Result<Exit, Failure> {
    let weights = folder.named(&arguments.name)?;
    let record = weights.record();
    let size = arguments.size.unwrap_or(record.input_size);
    let mut export = Export::of_weights(&weights, size);
    let mut input = "normalised images";
    if arguments.film {
        let filter = record.interpolation.unwrap_or_default();
        export.input = Input::Film { filter, normalisation: record.normalisation };
        input = "gray films";
    }
    if !arguments.layers.is_empty() {
        export.layers.clone_from(&arguments.layers);
    }
    export.write(&weights, &arguments.file)?;
    let exported = Exported {
        file: arguments.file.clone(),
        sha256: ContentHash::of_file(&arguments.file)?,
        weights: weights.in_words(),
        input,
        size,
        outputs: export.layers,
    };
    if arguments.json {
        output::json(&exported)?;
    } else {
        let channels = if arguments.film { 1 } else { Facts::of(record.architecture).input_channels };
        output::line(format!(
            "{}: {}\n    input {input} of {channels} channels, computed at {size} × {size} pixels; outputs {}",
            exported.file.display(),
            exported.weights,
            exported.outputs.join(", "),
        ))?;
    }
    Ok(Exit::Done)
}
