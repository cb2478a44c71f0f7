//! `radiograph backbones`: describes each frozen network, or the features that one makes of images.

mod features;

use std::{num::NonZeroUsize, path::PathBuf};

use clap::ValueEnum;
use radiograph_backbone::Facts;
use radiograph_libtorch::DeviceName;
use radiograph_weights::{Architecture, Lineage, WeightsChoice};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

/// Describe the frozen networks, or the features that one makes of images
///
/// Without images: facts about all four networks. With images: the shape of each feature map, its mean, standard deviation,
/// largest value, share of zeros and norm. Images are resized to a square and normalised as the weights require.
///
/// Exit code 1: an image cannot be read, and is left out. If none can be read, the exit code is 3.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  radiograph backbones phantoms/contact-sheet.png --backbone densenet121 --weights random:1"
)]
pub(crate) struct Arguments {
    /// Images: PNG, JPEG, WebP, BMP, TIFF, DICOM
    #[arg(value_name = "IMAGE", requires_all = ["backbone", "weights"])]
    images: Vec<PathBuf>,

    /// Network: vgg19, densenet121, inception_v3 or inception_resnet_v2
    #[arg(long, value_name = "NAME", requires = "images")]
    backbone: Option<Architecture>,

    /// Installed weights by name, a safetensors file, or random:SEED
    #[arg(long, value_name = "NAME|FILE|random:SEED", requires = "images")]
    weights: Option<WeightsChoice>,

    /// Lineage of a network whose file does not name it
    #[arg(long, requires = "images")]
    lineage: Option<LineageName>,

    /// Side of the network's input in pixels
    #[arg(long, default_value_t = 224, value_name = "PIXELS", requires = "images")]
    size: u32,

    /// Layers as published, instead of folded ones
    #[arg(long, requires = "images")]
    plain: bool,

    /// The five most probable of ImageNet's 1000 classes, by number; needs weights with a classifier
    #[arg(long, requires = "images")]
    classify: bool,

    /// Device: cpu, cuda:0, …
    #[arg(long, default_value = "cpu", requires = "images")]
    device: DeviceName,

    /// Number of threads [default: number of cores]
    #[arg(long, value_name = "N", requires = "images")]
    threads: Option<NonZeroUsize>,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LineageName {
    Keras,
    Torchvision,
    Timm,
}

/// Output of `--json` for each network.
#[derive(Serialize)]
struct Described {
    name: Architecture,
    title: &'static str,
    channels: i64,
    stride: i64,
    native_size: i64,
    minimum_size: i64,
    explanation_layer: &'static str,
    parameters: i64,
    classifier_parameters: i64,
    micro_batch: i64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if !arguments.images.is_empty() {
        return features::show(arguments);
    }
    if arguments.json {
        output::json(&Architecture::ALL.map(|architecture| Described::of(Facts::of(architecture))))?;
    } else {
        Architecture::ALL.into_iter().try_for_each(describe)?;
    }
    Ok(Exit::Done)
}

impl Described {
    fn of(facts: &Facts) -> Self {
        Self {
            name: facts.architecture,
            title: facts.title,
            channels: facts.channels,
            stride: facts.stride,
            native_size: facts.native_size,
            minimum_size: facts.minimum_size(),
            explanation_layer: facts.explanation_layer,
            parameters: facts.parameters,
            classifier_parameters: facts.classifier_parameters,
            micro_batch: facts.micro_batch,
        }
    }
}

fn describe(architecture: Architecture) -> Result<(), Failure> {
    let facts = Facts::of(architecture);
    let map = |side: i64| match facts.feature_shape(side, side) {
        Ok([channels, rows, columns]) => format!("{rows} × {columns} × {channels}"),
        Err(error) => error.to_string(),
    };
    output::line(format!("{architecture} ({})", facts.title))?;
    output::line(format!("  feature map        {} from 224 pixels, {} from 299", map(224), map(299)))?;
    output::line(format!("  stride             {} pixels a cell", facts.stride))?;
    output::line(format!(
        "  images             {0} × {0} in training, at least {1} × {1}",
        facts.native_size,
        facts.minimum_size()
    ))?;
    output::line(format!("  explanation layer  {}", facts.explanation_layer))?;
    output::line(format!(
        "  parameters         {}, and {} in the classifier",
        facts.parameters, facts.classifier_parameters
    ))?;
    output::line(format!("  on the processor   {} image(s) at a time", facts.micro_batch))?;
    for (name, lineage) in
        [("keras", Lineage::keras(architecture)), ("torchvision", Lineage::torchvision(architecture))]
    {
        output::line(format!(
            "  lineage {name:<11} average pooling {} padding, epsilon {}, {}",
            if lineage.pooling_counts_padding { "counts" } else { "leaves out" },
            lineage.batch_norm_epsilon,
            if lineage.transforms_input { "transforms its input" } else { "input as given" },
        ))?;
    }
    Ok(())
}
