//! A whole run through the facade: settings, a run folder, and a prediction by its best model.
//!
//! `cargo run -p radiograph-examples --example pipeline [COLLECTIONS]`

#![allow(clippy::print_stdout, reason = "an example shows its results")]

mod data;

use std::ops::ControlFlow;

use data::{Data, Failure};
use radiograph::{Config, Pipeline, Predictor, Progress};

/// Small enough for seconds; what is left out comes from the preset.
const SETTINGS: &str = "
    preset = 'trustworthy'
    backbones = ['densenet121']
    baselines = false
    weights.densenet121 = 'random:1'
    input.size = 64
    head.layers.densenet121 = { units = 8, dense = [8] }
    training = { epochs = 2, folds = 2, batch_size = 8 }
    evaluation = { bootstrap_replicates = 100, permutations = 100 }
    explanation.images_per_class = 1
";

fn main() -> Result<(), Failure> {
    let data = Data::of_arguments()?;
    let mut config = Config::resolve(Some(SETTINGS), &[])?;
    config.data.folder = data.collections().to_owned();

    let run = data.scratch().join("run");
    let mut watch = |event: Progress<'_>| {
        if let Progress::Finished { stage, of, seconds } = event {
            println!("{stage} {of}: {seconds:.1} s");
        }
        ControlFlow::Continue(())
    };
    let outcome = Pipeline::open(config, &run, &mut watch)?.run()?;
    for model in &outcome.evaluated.models {
        println!("{}\n{}", model.model, model.test.overall_table().to_text());
    }

    let prediction = Predictor::of_run(&run, None)?.predict(&data.film()?)?;
    println!("{}: {:?}", prediction.file.display(), prediction.probabilities);
    prediction.warnings.iter().for_each(|warning| println!("    {warning}"));
    Ok(())
}
