//! Shows where a trained head found its evidence, and measures how far to believe that.
//!
//! ```console
//! $ cargo ex explain -- --run run --out explained
//! inception_v3, grad-cam: 12 test images
//!     in the lungs    61.2 % of the evidence, of the picture 33.9 %  (3 images with a lung mask)
//! …
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

mod masks;
mod model;
mod table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use image::RgbImage;
use radiograph::{Shown, file_name};
use radiograph_dataset::manifest::{Manifest, Place, Row};
use radiograph_files::{create_folder, write_whole};
use radiograph_gradcam::{
    ClassChoice, Explainer, Explanation, HeatMap, Method, Quantity, Target,
    draw::{Caption, ColourMap, Panel, stack},
    measure::{Assessment, agreement},
};
use radiograph_head::{Head, Mode};
use radiograph_libtorch::Device;
use tch::Tensor;

use crate::{
    masks::{Masks, regions},
    model::Trained,
    table::{Explained, Tables},
};

/// Show where a trained head found its evidence, and measure how far to believe that.
///
/// Reads a run that `train` or `pipeline` made. The frozen network is not run: its features come from the store that they were trained
/// on. Writes OUT/METHOD/CLASS-IMAGE-….png (original, heat map, both), OUT/METHOD.png (all panels by true class),
/// OUT/measures.csv (a row for each image and method) and OUT/agreement.csv (how alike the methods' maps are).
///
/// Lung masks are found where Cohen's collection has them, below annotations/lungVAE-masks; their figures are the share of
/// the evidence inside the lungs beside the share of the picture that the lungs are. A map shows what a score rests on; it
/// does not show disease.
///
/// Exit status: 0 if every image was explained, 1 if not, 2 if the command line is wrong.
#[derive(Parser)]
struct Arguments {
    /// Folder of a run, as `train` or `pipeline` wrote it
    #[arg(long, value_name = "RUN")]
    run: PathBuf,

    /// The model's folder in the run, such as vgg19; needed if there are several
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Ids of images of the manifest, with commas; without it, some test images of each class, those with lung masks first
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    images: Vec<String>,

    /// How many test images of each class
    #[arg(long, default_value_t = 4, value_name = "N")]
    per_class: usize,

    /// A method, or several with commas: grad-cam, grad-cam++, hires-cam, xgrad-cam, layer-cam, eigen-cam, score-cam,
    /// ablation-cam
    #[arg(
        long = "method",
        value_delimiter = ',',
        default_value = "grad-cam,hires-cam",
        value_name = "METHOD"
    )]
    methods: Vec<Method>,

    /// The class that is explained: predicted, true, or a class's name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    class: String,

    /// Explain the margin over the second most probable class in place of the logit
    #[arg(long)]
    margin: bool,

    /// Colours of heat maps: jet (the paper's), inferno, magma, viridis, turbo
    #[arg(long, default_value = "jet", value_name = "NAME")]
    colours: ColourMap,

    /// Folder of lung masks, named as the image with _mask.png
    #[arg(long, value_name = "DIR")]
    lung_masks: Option<PathBuf>,

    /// Folder of masks of what is ill, named as the image with _mask.png
    #[arg(long, value_name = "DIR")]
    lesion_masks: Option<PathBuf>,

    /// The feature store, if it is not any more where it was in training
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,

    /// Where to compute: cpu, cuda:0, …
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,

    /// Seed of the random head that maps are compared with
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,

    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Print the means as JSON instead of text
    #[arg(long)]
    json: bool,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every image was explained.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let manifest = Manifest::read(&arguments.run.join("manifest.csv"))?;
    let trained = Trained::load(
        &arguments.run,
        arguments.model.as_deref(),
        arguments.store.as_deref(),
        arguments.device,
    )?;
    if trained.preprocessing().is_none() {
        eprintln!(
            "how images were cut and stretched is not known from the store; maps are laid over whole images"
        );
    }
    let masks = Masks { lungs: arguments.lung_masks.clone(), lesions: arguments.lesion_masks.clone() };
    let rows = chosen(arguments, &manifest, &masks)?;
    create_folder(&arguments.out)?;
    let random = Head::new(trained.head().config().clone(), arguments.seed, arguments.device)?;
    let mut tables = Tables::default();
    let mut sheets: BTreeMap<&str, BTreeMap<String, Vec<RgbImage>>> = BTreeMap::new();
    let mut failed = 0;
    for row in rows {
        match explain(arguments, &trained, &random, &masks, row) {
            Ok(explained) => {
                let folder = |method: Method| arguments.out.join(method.name());
                for one in &explained.rows {
                    create_folder(&folder(one.method))?;
                    let name = format!("{}.png", file_name(&format!("{} {}", explained.truth, explained.id)));
                    save(&folder(one.method).join(name), &one.panel)?;
                    let of_class = sheets.entry(one.method.name()).or_default();
                    of_class.entry(explained.truth.clone()).or_default().push(one.panel.clone());
                }
                tables.push(&explained)?;
            }
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error}", row.id);
            }
        }
    }
    for (method, groups) in &sheets {
        let groups = groups.iter().map(|(class, panels)| (class.as_str(), panels.clone()));
        if let Some(sheet) = stack(groups) {
            save(&arguments.out.join(format!("{method}.png")), &sheet)?;
        }
    }
    tables.write(&arguments.out)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&tables.means())?);
    } else {
        println!("{} below {}", trained.name, arguments.run.display());
        tables.means().iter().for_each(|means| println!("{means}"));
        println!("look at  {}", arguments.out.display());
    }
    Ok(failed == 0)
}

/// The images to explain.
fn chosen<'m>(arguments: &Arguments, manifest: &'m Manifest, masks: &Masks) -> Result<Vec<&'m Row>, Failure> {
    if !arguments.images.is_empty() {
        let named = |id: &String| {
            let found = manifest.rows().iter().find(|row| row.id.to_string() == *id);
            found.ok_or_else(|| format!("the manifest has no image {id}").into())
        };
        return arguments.images.iter().map(named).collect();
    }
    let mut by_class: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in manifest.rows().iter().filter(|row| row.place == Place::Test) {
        let class = row.class.as_ref().map(ToString::to_string).unwrap_or_default();
        by_class.entry(class).or_default().push(row);
    }
    let mut rows = Vec::new();
    for mut of_class in by_class.into_values() {
        // Stable: those with a mask first, else as the manifest has them.
        of_class.sort_by_key(|row| masks.lung_file(&row.file()).is_none());
        rows.extend(of_class.into_iter().take(arguments.per_class));
    }
    Ok(rows)
}

/// One image, by every method.
fn explain(
    arguments: &Arguments,
    trained: &Trained,
    random: &Head,
    masks: &Masks,
    row: &Row,
) -> Result<Explained, Failure> {
    let shown = Shown::read(&row.file(), row.content_hash, trained.preprocessing().as_ref())?;
    let regions = regions(&shown, &row.file(), masks)?;
    let features = trained.features(row.content_hash)?;
    let classes = &trained.head().config().classes;
    let truth = row.class.as_ref().map(ToString::to_string);
    let class = match (arguments.class.as_str(), &truth) {
        ("predicted", _) => ClassChoice::Predicted,
        ("true", Some(truth)) => ClassChoice::One(classes.class(truth)?),
        ("true", None) => return Err("its true class is not known".into()),
        (name, _) => ClassChoice::One(classes.class(name)?),
    };
    let quantity = if arguments.margin { Quantity::Margin } else { Quantity::Logit };
    let head = trained.head();
    let own = Explainer::new(classes, |features: &Tensor| head.forward(features, Mode::Evaluate));
    let other = Explainer::new(classes, |features: &Tensor| random.forward(features, Mode::Evaluate));
    let (mut rows, mut maps): (Vec<table::Row>, Vec<(Method, HeatMap)>) = (Vec::new(), Vec::new());
    for &method in &arguments.methods {
        let target = Target { quantity, class: class.clone() };
        let explanation = one(own.explain(&features, method, &target)?)?;
        let same_class = Target { quantity, class: ClassChoice::One(explanation.class.clone()) };
        let unlearned = one(other.explain(&features, method, &same_class)?)?;
        let map = features.f_squeeze_dim(0)?;
        let assessment = Assessment::new(&own, &map, &explanation, &regions, Some(&unlearned.map))?;
        let panel = Panel {
            picture: shown.picture(),
            explanation: &explanation,
            caption: Caption {
                image: row.id.name(),
                source: row.source().as_str(),
                truth: truth.as_deref(),
                method: &caption(method, quantity, &assessment),
            },
            colours: arguments.colours,
            opacity: 0.4,
            tile: 320,
        }
        .draw();
        maps.push((method, explanation.map.clone()));
        rows.push(table::Row { method, explanation, assessment, panel });
    }
    let pairs: Vec<(Method, &HeatMap)> = maps.iter().map(|(method, map)| (*method, map)).collect();
    Ok(Explained {
        id: row.id.to_string(),
        source: row.source().to_string(),
        truth: truth.unwrap_or_else(|| "unknown".to_owned()),
        rows,
        agreement: agreement(&pairs)?,
    })
}

fn one(explanations: Vec<Explanation>) -> Result<Explanation, Failure> {
    explanations.into_iter().next().ok_or_else(|| "there is no explanation".into())
}

fn caption(method: Method, quantity: Quantity, assessment: &Assessment) -> String {
    let of = if quantity == Quantity::Margin { "margin" } else { "logit" };
    match assessment.lungs {
        Some(lungs) => format!(
            "{method} of the {of}; {:.0} % in the lungs, {:.0} % of the picture",
            100.0 * lungs.mass,
            100.0 * lungs.area
        ),
        None => format!("{method} of the {of}"),
    }
}

fn save(path: &Path, picture: &RgbImage) -> Result<(), Failure> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(write_whole(path, |file| std::io::Write::write_all(file, bytes.get_ref()))?)
}
