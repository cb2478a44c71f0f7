//! Computes the features that a frozen network makes of images, and summarises them.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use radiograph_backbone::{Backbone, Form, Options};
use radiograph_image::{
    Limits, decode_file,
    preprocess::{Preprocess, Preprocessor},
};
use radiograph_input::Normalisation;
use radiograph_libtorch::{DeviceName, set_threads};
use radiograph_weights::{Architecture, Lineage, Weights, WeightsChoice};
use serde::Serialize;
use tch::{Kind, Tensor};

use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// Images, and the network that makes features of them.
#[derive(clap::Args)]
pub(super) struct Images {
    /// Images: PNG, JPEG, WebP, BMP, TIFF, DICOM
    #[arg(value_name = "IMAGE", requires_all = ["backbone", "weights"])]
    images: Vec<PathBuf>,

    /// Network, such as densenet121; `radiograph backbones` lists all
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
}

#[derive(Clone, Copy, ValueEnum)]
enum LineageName {
    Keras,
    Torchvision,
    Timm,
}

impl Images {
    /// Whether there are images.
    pub(super) fn are_asked_for(&self) -> bool {
        !self.images.is_empty()
    }
}

/// Output of `--json`.
#[derive(Serialize)]
struct Found {
    weights: String,
    random: bool,
    images: Vec<Features>,
}

#[derive(Serialize)]
struct Features {
    image: PathBuf,
    shape: Vec<i64>,
    mean: f64,
    deviation: f64,
    largest: f64,
    zeros: f64,
    norm: f64,
    /// Numbers of the most probable classes, with their probabilities.
    classes: Vec<(i64, f64)>,
}

pub(super) fn show(arguments: &Images, json: bool) -> Result<Exit, Failure> {
    if let Some(threads) = arguments.threads {
        set_threads(threads)?;
    }
    let (backbone, preprocess) = backbone(arguments)?;
    let preprocessor = preprocess.check()?;
    let progress = Progress::new();
    let mut found = Found {
        weights: format!("{} with {}", backbone.architecture(), backbone.identity()),
        random: backbone.identity().is_random(),
        images: Vec::new(),
    };
    for image in &arguments.images {
        match features(&backbone, &preprocessor, image, arguments.classify) {
            Ok(features) => found.images.push(features),
            Err(failure) if failure.exit == Exit::Machine => return Err(failure),
            Err(failure) => progress.say(&failure.message),
        }
    }
    if found.images.is_empty() {
        return Err(Failure::input("none of the files can be read as an image"));
    }
    if json {
        output::json(&found)?;
    } else {
        print(&found)?;
    }
    Ok(Exit::complete(found.images.len() == arguments.images.len()))
}

/// The backbone and the preprocessing of its images.
fn backbone(arguments: &Images) -> Result<(Backbone, Preprocess), Failure> {
    let (Some(architecture), Some(weights)) = (arguments.backbone, &arguments.weights) else {
        // The command line requires both.
        return Err(Failure::input("give --backbone and --weights"));
    };
    let device = arguments.device.device()?;
    let form = if arguments.plain { Form::Plain } else { Form::Folded };
    let options = Options { form, classifier: arguments.classify, ..Options::default() };
    let plain = Preprocess { size: arguments.size, ..Preprocess::default() };
    let lineage = arguments.lineage.map(|name| match name {
        LineageName::Keras => Lineage::keras(architecture),
        LineageName::Torchvision => Lineage::torchvision(architecture),
        LineageName::Timm => Lineage::timm(architecture),
    });
    let found = match weights {
        WeightsChoice::Random { seed } => {
            let lineage = lineage.unwrap_or(Lineage::keras(architecture));
            let backbone = Backbone::random_with(architecture, *seed, lineage, device, options)?;
            let gray = backbone.facts().input_channels == 1;
            let normalisation = if gray { Normalisation::Xrv } else { Normalisation::Tf };
            return Ok((backbone, Preprocess { normalisation, ..plain }));
        }
        WeightsChoice::File(path) => Weights::of_file(path, architecture)?,
        WeightsChoice::Installed(name) => Weights::named(name.as_str())?,
    };
    let record = found.record();
    if record.architecture != architecture {
        return Err(Failure::input(format!(
            "{weights} are weights of {}; give weights of {architecture}",
            record.architecture
        )));
    }
    let preprocess = Preprocess {
        filter: record.interpolation.unwrap_or_default(),
        normalisation: record.normalisation,
        ..plain
    };
    let backbone = match lineage {
        Some(lineage) => Backbone::load_with(found.path(), architecture, lineage, device, options)?,
        None => Backbone::of_weights(&found, device, options)?,
    };
    Ok((backbone, preprocess))
}

fn features(
    backbone: &Backbone,
    preprocessor: &Preprocessor,
    image: &Path,
    classify: bool,
) -> Result<Features, Failure> {
    let input = preprocessor.apply(decode_file(image, &Limits::default())?);
    let (channels, height, width) = input.dim();
    let values: Vec<f32> = input.into_iter().collect();
    let batch = Tensor::f_from_slice(&values)?.f_view([1, channels as i64, height as i64, width as i64])?;
    let features = backbone.forward_features(&batch)?.f_to_kind(Kind::Double)?;
    let number = |tensor: Result<Tensor, tch::TchError>| tensor.and_then(|tensor| tensor.f_double_value(&[]));
    let mut classes = Vec::new();
    if classify {
        let shares = backbone.classify(&batch)?.f_softmax(-1, Kind::Double)?;
        let (shares, numbers) = shares.f_topk(5, -1, true, true)?;
        for place in 0..5 {
            classes.push((numbers.f_int64_value(&[0, place])?, shares.f_double_value(&[0, place])?));
        }
    }
    Ok(Features {
        image: image.to_owned(),
        shape: features.size()[1..].to_vec(),
        mean: number(features.f_mean(Kind::Double))?,
        deviation: number(features.f_std(false))?,
        largest: number(features.f_max())?,
        zeros: 1.0 - number(features.f_count_nonzero(None))? / features.numel() as f64,
        norm: number(features.f_norm())?,
        classes,
    })
}

fn print(found: &Found) -> Result<(), Failure> {
    output::line(&found.weights)?;
    if found.random {
        output::line("random weights: these features mean nothing")?;
    }
    for Features { image, shape, mean, deviation, largest, zeros, norm, classes } in &found.images {
        output::line(format!(
            "{}  {shape:?}  mean {mean:.4}  deviation {deviation:.4}  largest {largest:.3}  zeros {zeros:.3}  norm {norm:.3}",
            image.display(),
        ))?;
        for (class, probability) in classes {
            output::line(format!("    class {class:<4} {probability:.3}"))?;
        }
    }
    Ok(())
}
