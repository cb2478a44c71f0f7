//! Says what each backbone is, and what it makes of images.
//!
//! ```console
//! $ cargo ex backbones -- --describe
//! $ cargo ex backbones -- --backbone inception_v3 --weights inception_v3.keras.safetensors xray.png
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use radiograph_backbone::{Backbone, Facts, Form, Options};
use radiograph_dataset::{
    image::{Limits, decode_file},
    preprocess::{Filter, Normalisation, Preprocess, Preprocessor},
};
use radiograph_libtorch::{Device, set_threads};
use radiograph_weights::{self as weights, Architecture, Interpolation, Lineage, Weights, WeightsChoice};
use tch::{Kind, Tensor};

/// Say what each backbone is, or what one makes of images.
///
/// For every image a line: shape of the feature map, mean, standard deviation, largest value, share of zeros and length of the
/// map as a vector. Images are resized to a square and normalised as the weights ask.
///
/// Exit status: 0 if every image has features, 1 if one has not (the others are shown), 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Print the facts of all four
    #[arg(long, required_unless_present = "backbone", conflicts_with_all = ["backbone", "weights", "images"])]
    describe: bool,

    /// vgg19, densenet121, inception_v3 or inception_resnet_v2
    #[arg(long, requires = "weights")]
    backbone: Option<Architecture>,

    /// A safetensors file, the name of installed weights, or random:SEED, which recognises nothing
    #[arg(long, value_name = "FILE|NAME|random:SEED", requires = "backbone")]
    weights: Option<WeightsChoice>,

    /// keras, torchvision or timm: how a network computes whose file does not say so
    #[arg(long)]
    lineage: Option<LineageName>,

    /// Pixels a side that the network is fed
    #[arg(long, default_value_t = 224)]
    size: u32,

    /// As published, layer by layer, instead of folded
    #[arg(long)]
    plain: bool,

    /// Name the five likeliest of ImageNet's 1000 classes by number; the weights must have their classifier
    #[arg(long)]
    classify: bool,

    /// cpu or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,

    /// Threads on the processor
    #[arg(long)]
    threads: Option<NonZeroUsize>,

    /// PNG, JPEG, WebP, BMP, TIFF, DICOM
    #[arg(value_name = "IMAGE", required_unless_present = "describe")]
    images: Vec<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LineageName {
    Keras,
    Torchvision,
    Timm,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.describe {
        Architecture::ALL.into_iter().for_each(describe);
        return ExitCode::SUCCESS;
    }
    match show(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn describe(architecture: Architecture) {
    let facts = Facts::of(architecture);
    let map = |side: i64| match facts.feature_shape(side, side) {
        Ok([channels, rows, columns]) => format!("{rows} × {columns} × {channels}"),
        Err(error) => error.to_string(),
    };
    println!("{architecture} ({})", facts.title);
    println!("  feature map        {} from 224 pixels, {} from 299", map(224), map(299));
    println!("  stride             {} pixels a cell", facts.stride);
    println!(
        "  images             {0} × {0} in training, at least {1} × {1}",
        facts.native_size,
        facts.minimum_size()
    );
    println!("  explanation layer  {}", facts.explanation_layer);
    println!(
        "  parameters         {}, and {} in the classifier",
        facts.parameters, facts.classifier_parameters
    );
    println!("  on the processor   {} image(s) at a time", facts.micro_batch);
    for (name, lineage) in
        [("keras", Lineage::keras(architecture)), ("torchvision", Lineage::torchvision(architecture))]
    {
        println!(
            "  lineage {name:<11} average pooling {} padding, epsilon {}, {}",
            if lineage.pooling_counts_padding { "counts" } else { "leaves out" },
            lineage.batch_norm_epsilon,
            if lineage.transforms_input { "transforms its input" } else { "input as given" },
        );
    }
}

/// Whether every image has features.
fn show(arguments: &Arguments) -> Result<bool, Failure> {
    if let Some(threads) = arguments.threads {
        set_threads(threads)?;
    }
    let (backbone, preprocess) = backbone(arguments)?;
    println!("{} with {}", backbone.architecture(), backbone.identity());
    if backbone.identity().is_random() {
        println!("random weights: these features mean nothing");
    }
    let preprocessor = preprocess.check()?;
    let mut all = true;
    for image in &arguments.images {
        if let Err(error) = summarise(&backbone, &preprocessor, image, arguments.classify) {
            eprintln!("error: {error}");
            all = false;
        }
    }
    Ok(all)
}

/// The backbone, and how its images are made.
fn backbone(arguments: &Arguments) -> Result<(Backbone, Preprocess), Failure> {
    // The command line requires both.
    let (Some(architecture), Some(weights)) = (arguments.backbone, &arguments.weights) else {
        return Err("give --backbone and --weights".into());
    };
    let device: Device = arguments.device.parse()?;
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
            return Ok((backbone, Preprocess { normalisation: Normalisation::Tf, ..plain }));
        }
        WeightsChoice::File(path) => Weights::of_file(path, architecture)?,
        WeightsChoice::Installed(name) => Weights::named(name.as_str())?,
    };
    let record = found.record();
    if record.architecture != architecture {
        return Err(format!("{weights} is of {}, not of {architecture}", record.architecture).into());
    }
    let preprocess = Preprocess {
        filter: match record.interpolation {
            Some(Interpolation::Bicubic) => Filter::Bicubic,
            Some(Interpolation::Bilinear) | None => Filter::Bilinear,
        },
        normalisation: match record.normalisation {
            weights::Normalisation::Tf => Normalisation::Tf,
            weights::Normalisation::Torch => Normalisation::Torch,
            weights::Normalisation::Caffe => Normalisation::Caffe,
        },
        ..plain
    };
    println!("{}", found.in_words());
    let backbone = match lineage {
        Some(lineage) => Backbone::load_with(found.path(), architecture, lineage, device, options)?,
        None => Backbone::of_weights(&found, device, options)?,
    };
    Ok((backbone, preprocess))
}

fn summarise(
    backbone: &Backbone,
    preprocessor: &Preprocessor,
    image: &Path,
    classify: bool,
) -> Result<(), Failure> {
    let input = preprocessor.apply(decode_file(image, &Limits::default())?);
    let (channels, height, width) = input.dim();
    let values: Vec<f32> = input.into_iter().collect();
    let batch = Tensor::f_from_slice(&values)?.f_view([1, channels as i64, height as i64, width as i64])?;
    let features = backbone.forward_features(&batch)?.f_to_kind(Kind::Double)?;
    let number = |tensor: Result<Tensor, tch::TchError>| tensor.and_then(|tensor| tensor.f_double_value(&[]));
    let zeros = 1.0 - number(features.f_count_nonzero(None))? / features.numel() as f64;
    println!(
        "{}  {:?}  mean {:.4}  deviation {:.4}  largest {:.3}  zeros {:.1} %  length {:.3}",
        image.display(),
        &features.size()[1..],
        number(features.f_mean(Kind::Double))?,
        number(features.f_std(false))?,
        number(features.f_max())?,
        100.0 * zeros,
        number(features.f_norm())?,
    );
    if classify {
        let shares = backbone.classify(&batch)?.f_softmax(-1, Kind::Double)?;
        let (shares, classes) = shares.f_topk(5, -1, true, true)?;
        for place in 0..5 {
            println!(
                "    class {:<4} {:.1} %",
                classes.f_int64_value(&[0, place])?,
                100.0 * shares.f_double_value(&[0, place])?
            );
        }
    }
    Ok(())
}
