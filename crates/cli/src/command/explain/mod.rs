//! `radiograph explain`: draws heat maps of a run's test images; with `--out`, measures maps by other methods too.

mod masks;
mod measured;
mod model;
mod table;

use std::path::PathBuf;

use radiograph_gradcam::{Method, draw::ColourMap};
use radiograph_libtorch::DeviceName;
use radiograph_run::Share;

use crate::{exit::Exit, failure::Failure, interrupt, output, progress::Progress, settings::BegunRun};

/// Draw heat maps of the evidence in test images, and measure whether the maps can be trusted
///
/// Without --out: the stage of the run. It explains test images as the settings below `explanation` say, and writes
/// explanations.json and gradcam/ beside each model.
///
/// With --out DIR: measured maps of one model by several methods. Writes DIR/METHOD/CLASS-IMAGE-….png (original, heat map,
/// both), DIR/METHOD.png (all panels by true class), DIR/measures.csv (a row for each image and method) and
/// DIR/agreement.csv (rank correlation of the methods' maps). Lung masks in Cohen's collection (annotations/lungVAE-masks)
/// are found without --lung-masks.
///
/// A map shows the evidence for a score; it does not show disease.
///
/// Exit code 1: an image could not be explained, and is left out.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  radiograph explain runs/first --out explained --method grad-cam,hires-cam"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: BegunRun,

    /// Share of the models that this process explains, such as 1/2; auto or auto/2 in a job array
    #[arg(long, default_value = "1/1", value_name = "I/N", conflicts_with = "out")]
    part: Share,

    /// Folder for measured maps
    #[arg(long, value_name = "DIR", help_heading = "Measured maps")]
    out: Option<PathBuf>,

    /// Model, such as vgg19 [default: the only one]
    #[arg(long, value_name = "NAME", requires = "out", help_heading = "Measured maps")]
    model: Option<String>,

    /// Ids of images [default: test images of each class, those with lung masks first]
    #[arg(long, value_delimiter = ',', value_name = "IDS", requires = "out", help_heading = "Measured maps")]
    images: Vec<String>,

    /// Number of test images of each class
    #[arg(long, default_value_t = 4, value_name = "N", requires = "out", help_heading = "Measured maps")]
    per_class: usize,

    /// Methods: grad-cam, grad-cam++, hires-cam, xgrad-cam, layer-cam, eigen-cam, score-cam, ablation-cam
    #[arg(
        long = "method",
        value_delimiter = ',',
        default_value = "grad-cam,hires-cam",
        value_name = "METHODS",
        requires = "out",
        help_heading = "Measured maps"
    )]
    methods: Vec<Method>,

    /// Explained class: predicted, true, or the name of a class
    #[arg(
        long,
        default_value = "predicted",
        value_name = "CLASS",
        requires = "out",
        help_heading = "Measured maps"
    )]
    class: String,

    /// Margin over the second most probable class, instead of the logit
    #[arg(long, requires = "out", help_heading = "Measured maps")]
    margin: bool,

    /// Colours of heat maps: jet (that of the paper), inferno, magma, viridis or turbo
    #[arg(
        long,
        default_value = "jet",
        value_name = "NAME",
        requires = "out",
        help_heading = "Measured maps"
    )]
    colours: ColourMap,

    /// Folder of lung masks (PNG, one an image, named as the image with _mask.png)
    #[arg(long, value_name = "DIR", requires = "out", help_heading = "Measured maps")]
    lung_masks: Option<PathBuf>,

    /// Folder of lesion masks (PNG, one an image, named as the image with _mask.png)
    #[arg(long, value_name = "DIR", requires = "out", help_heading = "Measured maps")]
    lesion_masks: Option<PathBuf>,

    /// Device: cpu, cuda:0, … [default: that of the run]
    #[arg(long, requires = "out", help_heading = "Measured maps")]
    device: Option<DeviceName>,

    /// Seed of the random head that maps are compared with
    #[arg(long, default_value_t = 0, value_name = "SEED", requires = "out", help_heading = "Measured maps")]
    seed: u64,

    /// JSON on standard output instead of text; with --out, the means over images
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    if let Some(out) = &arguments.out {
        return measured::explain(arguments, out, &progress);
    }
    let mut watch = progress.of_run();
    let part = arguments.part.part_here()?;
    let mut pipeline = arguments.run.open_part(part, &mut watch)?;
    let explained = pipeline.explain_part(part)?;
    if arguments.json {
        output::json(&explained)?;
        return Ok(Exit::Done);
    }
    for (model, images) in &explained {
        let maps = pipeline.folder().model(model).join("gradcam");
        output::line(format!("{model}: {} images explained; look at {}", images.len(), maps.display()))?;
    }
    Ok(Exit::Done)
}
