//! The whole way by hand, crate by crate, without `radiograph::Pipeline`: collections, split, features, head, scores, heat map.
//!
//! `cargo run -p radiograph-examples --example full_pipeline [COLLECTIONS]`
//!
//! The settings are the defaults of `Config`, with a small input, a small head and few epochs.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod data;

use std::{fs::File, ops::ControlFlow, path::Path};

use data::{Data, Failure};
use radiograph::{
    backbone::Backbone,
    classes::Classes,
    dataset::{
        manifest::{Manifest, Place, PrivateFiles, Row},
        prepare::prepare,
        source::recognise,
    },
    features::{Element, ExtractionKey},
    gradcam::{ClassChoice, Explainer, Target},
    head::{
        Cohort, FeatureShape, Feed, Head, InMemory, LabelledImage, Mode, Model, Protocol, Subset,
        run_protocol,
    },
    image::{Limits, decode_file, preprocess::Preprocess},
    input::Normalisation,
    libtorch::Device,
    metrics::{Evaluation, Predictions},
    run::{Config, bootstrap},
    weights::{Lineage, WeightsChoice},
};
use tch::Tensor;

/// What differs from the defaults, so that the example needs no weights and ends soon.
const SETTINGS: &str = "
    backbones = ['densenet121']
    weights.densenet121 = 'random:1'
    input.size = 64
    head.layers.densenet121 = { units = 8, dense = [8] }
    training = { epochs = 2, folds = 2, batch_size = 8 }
    evaluation.bootstrap_replicates = 200
";

fn main() -> Result<(), Failure> {
    let data = Data::of_arguments()?;
    let config = Config::resolve(Some(SETTINGS), &[])?;
    let classes = Classes::new(&config.data.classes[..])?;
    let device: Device = config.compute.device.parse()?;

    // 1. Collections become a manifest: groups united, classes balanced, split into folds and test.
    let recognised = recognise(data.collections())?;
    recognised.left_out().for_each(|sentence| println!("left out: {sentence}"));
    let (recipe, (identifiers, _)) = (config.recipe(&classes), config.identifiers()?);
    let prepared =
        prepare(data.collections(), &recognised.sources, &recipe, &identifiers, config.seed, &|_| {})?;
    let manifest = &prepared.manifest;
    let rows: Vec<&Row> = manifest.rows().iter().filter(|row| !row.place.is_excluded()).collect();
    println!("{} images, {} of them for the test", rows.len(), manifest.test().count());

    // 2. A frozen network makes a feature map of every image.
    let model = *config.models().first().ok_or("no model")?;
    let network = model.network;
    let choice = &config.weights[&network];
    let WeightsChoice::Random { seed } = choice.parse()? else {
        return Err(format!("{choice}: this example draws weights at random; write random:SEED").into());
    };
    let backbone = Backbone::random(network, seed, Lineage::keras(network), device)?;
    let steps = Preprocess {
        size: config.input.size,
        colour: config.input.colour,
        fit: config.input.fit,
        filter: config.input.filter.unwrap_or_default(),
        // Random weights have no record that asks for a normalisation.
        normalisation: config.input.normalisation.unwrap_or(Normalisation::Tf),
        ..Preprocess::default()
    };
    let (shape, values) = extract(&backbone, &steps, &rows, &prepared.files)?;
    println!("features of {shape:?}");

    // 3. A recurrent head is trained on the features, fold by fold, and tested once.
    let cohort = Cohort::new(&classes, labelled(manifest))?;
    let protocol = Protocol {
        head: config.head(model, shape, &classes)?,
        training: config.training(None),
        folds: config.training.folds,
        fold_start: config.training.fold_start,
        tested: config.training.tested_model.clone(),
    };
    let features = InMemory::new(shape, values)?;
    let feed = Feed::new(&features, device, config.compute.resident_bytes)?;
    let key = ExtractionKey {
        backbone: network.to_string(),
        weights: radiograph_files::ContentHash::of_bytes(choice.as_bytes()),
        preprocessing: serde_json::to_string(&steps)?,
        lineage: "keras".to_owned(),
        precision: Element::F32,
        computation: None,
    };
    let folder = data.scratch().join(model.name());
    let record = run_protocol(&protocol, &cohort, &feed, &key, &folder, &mut |_| ControlFlow::Continue(()))?;
    for fold in record.ok_or("interrupted")?.folds {
        println!("fold {}: validation accuracy {:.2}", fold.number, fold.best.accuracy);
    }

    // 4. The predictions of the test part are scored, each score with an interval.
    let predictions = Predictions::read_csv(File::open(folder.join("predictions.csv"))?, Some(&classes))?;
    let bootstrap = bootstrap(&config.evaluation, config.seed)?;
    println!("{}", Evaluation::of(&predictions, &bootstrap)?.overall_table().to_text());

    // 5. A heat map shows where the evidence for a prediction was.
    let trained = Model::load(&folder, &key, &classes, device)?;
    let film = manifest.test().next().ok_or("there is no test image")?;
    let features = feature_map(&backbone, &steps, &prepared.files.get(&film.id)?.file())?;
    let head = |features: &Tensor| trained.head().forward(features, Mode::Evaluate);
    let target = Target { quantity: config.explanation.quantity, class: ClassChoice::Predicted };
    for explanation in
        Explainer::new(&classes, head).explain(&features, config.explanation.method, &target)?
    {
        println!("{}: {} ({:.3})", film.id, explanation.class.name(), explanation.probability);
        println!("{:.3}", explanation.map.raw());
    }
    Ok(())
}

/// The feature map `[1, C, H, W]` of a file.
fn feature_map(backbone: &Backbone, steps: &Preprocess, file: &Path) -> Result<Tensor, Failure> {
    let input = steps.clone().check()?.apply(decode_file(file, &Limits::default())?);
    let (channels, height, width) = input.dim();
    let values: Vec<f32> = input.into_iter().collect();
    let batch = Tensor::f_from_slice(&values)?.f_view([1, channels as i64, height as i64, width as i64])?;
    Ok(backbone.forward_features(&batch)?)
}

/// The shape of a feature map, and the maps of all images one after the other.
fn extract(
    backbone: &Backbone,
    steps: &Preprocess,
    rows: &[&Row],
    files: &PrivateFiles,
) -> Result<(FeatureShape, Vec<f32>), Failure> {
    let (mut shape, mut all) = (FeatureShape { channels: 0, height: 0, width: 0 }, Vec::new());
    for row in rows {
        let map = feature_map(backbone, steps, &files.get(&row.id)?.file())?;
        let [_, channels, height, width] = map.size()[..] else {
            return Err("a map of other extents".into());
        };
        shape = FeatureShape { channels, height, width };
        all.extend(Vec::<f32>::try_from(map.f_flatten(0, -1)?)?);
    }
    Ok((shape, all))
}

/// The images of a manifest with class and use. A group unites a patient and a picture, and is a cluster.
fn labelled(manifest: &Manifest) -> Vec<LabelledImage> {
    let image = |row: &Row| {
        let subset = match row.place {
            Place::Train { fold, validates } => Subset::Training { fold, validates },
            Place::Test => Subset::Test,
            Place::Excluded { .. } => return None,
        };
        Some(LabelledImage {
            id: row.id.to_string(),
            cluster: row.group.to_string(),
            source: row.origin(),
            class: row.class.as_ref()?.to_string(),
            image: row.content_hash,
            subset,
        })
    };
    manifest.rows().iter().filter_map(image).collect()
}
