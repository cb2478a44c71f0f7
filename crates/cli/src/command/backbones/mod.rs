//! `radiograph backbones`: describes each frozen network, or the features that one makes of images.

mod cost;
#[cfg(feature = "libtorch")]
mod features;
mod paper;

use radiograph_weights::{Architecture, Facts, Family, WeightsRecord};
use serde::Serialize;

use crate::{exit::Exit, failure::Failure, output};

/// Describe the frozen networks, or the features that one makes of images
///
/// Without images: facts about all networks. With --paper: the paper's tables 1 and 2 from the networks themselves, beside what it
/// prints, and what its trainings cost; nothing is trained. With images: the shape of each feature map, its mean, standard deviation,
/// largest value, share of zeros and norm. Images are resized to a square and normalised as the weights require.
///
/// Exit code 1: an image cannot be read, and is left out. If none can be read, the exit code is 3.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[cfg(feature = "libtorch")]
    #[command(flatten)]
    features: features::Images,

    /// Tables 1 and 2 of the paper, beside what it prints, and the cost of its trainings
    #[arg(long, help_heading = "The paper")]
    #[cfg_attr(feature = "libtorch", arg(conflicts_with = "images"))]
    paper: bool,

    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLE: &str = if cfg!(feature = "libtorch") {
    "Example:\n  radiograph backbones phantoms/contact-sheet.png --backbone densenet121 --weights random:1"
} else {
    "Example:\n  radiograph backbones --paper"
};

/// Output of `--json` for each network.
#[derive(Serialize)]
struct Described {
    name: Architecture,
    title: &'static str,
    input_channels: i64,
    channels: i64,
    stride: i64,
    native_size: i64,
    minimum_size: i64,
    multiple: i64,
    explanation_layer: &'static str,
    layers: Vec<&'static str>,
    parameters: i64,
    classifier_parameters: i64,
    micro_batch: i64,
    weights: Vec<Pinned>,
}

/// Published weights, and the checksum to which they are pinned.
#[derive(Serialize)]
struct Pinned {
    name: String,
    sha256: Option<String>,
    revision: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    #[cfg(feature = "libtorch")]
    if arguments.features.are_asked_for() {
        return features::show(&arguments.features, arguments.json);
    }
    if arguments.paper {
        return paper::show(arguments.json);
    }
    if arguments.json {
        output::json(
            &Architecture::all()
                .into_iter()
                .map(|architecture| Described::of(Facts::of(architecture)))
                .collect::<Vec<_>>(),
        )?;
    } else {
        Architecture::all().into_iter().try_for_each(describe)?;
    }
    Ok(Exit::Done)
}

impl Described {
    fn of(facts: &'static Facts) -> Self {
        Self {
            name: facts.architecture,
            title: facts.title,
            input_channels: facts.input_channels,
            channels: facts.channels,
            stride: facts.stride,
            native_size: facts.native_size,
            minimum_size: facts.minimum_size(),
            multiple: facts.multiple(),
            explanation_layer: &facts.explanation_layer,
            layers: facts.layers().collect(),
            parameters: facts.parameters,
            classifier_parameters: facts.classifier_parameters,
            micro_batch: facts.micro_batch,
            weights: pinned(facts.architecture),
        }
    }
}

fn pinned(architecture: Architecture) -> Vec<Pinned> {
    let of = |record: WeightsRecord| Pinned {
        name: record.name,
        sha256: record.sha256.map(|sha256| sha256.to_string()),
        revision: record.revision,
    };
    WeightsRecord::published_of(architecture).into_iter().map(of).collect()
}

fn describe(architecture: Architecture) -> Result<(), Failure> {
    let facts = Facts::of(architecture);
    let map = |side: i64| match facts.feature_shape(side, side) {
        Ok([channels, rows, columns]) => format!("{rows} × {columns} × {channels}"),
        Err(error) => error.to_string(),
    };
    output::line(format!("{architecture} ({})", facts.title))?;
    let native = facts.native_size;
    output::line(format!(
        "  feature map        {} from 224 pixels, {} from {native}",
        map(224),
        map(native)
    ))?;
    if let Ok(cost) = facts.cost(224, 224) {
        let billions = cost.products as f64 / 1e9;
        output::line(format!("  cost               {billions:.1} billion products an image of 224 pixels"))?;
    }
    output::line(format!("  stride             {} pixels a cell", facts.stride))?;
    output::line(format!(
        "  images             {2} channel(s), {0} × {0} in training, at least {1} × {1}{3}",
        facts.native_size,
        facts.minimum_size(),
        facts.input_channels,
        if facts.multiple() > 1 { format!(", multiples of {}", facts.multiple()) } else { String::new() },
    ))?;
    output::line(format!("  explanation layer  {}", facts.explanation_layer))?;
    output::line(format!(
        "  parameters         {}, and {} in the classifier",
        facts.parameters, facts.classifier_parameters
    ))?;
    output::line(format!("  on the processor   {} image(s) at a time", facts.micro_batch))?;
    let families = architecture.definition().map_or(&[][..], |definition| definition.families);
    for Family { name, lineage, .. } in families {
        output::line(format!(
            "  lineage {name:<11} average pooling {} padding, epsilon {}, {}",
            if lineage.pooling_counts_padding { "counts" } else { "leaves out" },
            lineage.batch_norm_epsilon,
            if lineage.transforms_input { "transforms its input" } else { "input as given" },
        ))?;
    }
    for Pinned { name, sha256, .. } in pinned(architecture) {
        let sha256 = sha256.as_deref().unwrap_or("unknown");
        output::line(format!("  weights            {name}, SHA-256 {sha256}"))?;
    }
    Ok(())
}
