//! `cargo xtask demo`: the whole pipeline, from phantoms or from real folders to the report, in one command.

use std::path::{Path, PathBuf};

use crate::{checkout::Checkout, error::Error, lane::Lane, run, say, setup};

/// Run the whole pipeline: on drawn phantoms with random networks, or on your own folders
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Folder of real collections, instead of phantoms
    #[arg(long, value_name = "DIR", requires = "weights")]
    data: Option<PathBuf>,

    /// InceptionV3 weights, installed by name or a file, instead of random ones
    #[arg(long, value_name = "NAME|FILE", requires = "data")]
    weights: Option<String>,

    /// Exchange labels at random: the run must then find nothing
    #[arg(long)]
    permute_labels: bool,

    /// Folder for phantoms and run
    #[arg(long, default_value = "target/demo", value_name = "DIR")]
    out: PathBuf,
}

/// Patients of the phantoms; each has one to three films in one of six collections.
const PATIENTS: &str = "480";
/// Pixels a side of their films: more than the networks take, and drawn in half the time of the size of real ones.
const SIDE: &str = "320";

pub(crate) fn demo(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    let example = |name: &str| {
        let mut cargo = ready.cargo("run")?;
        cargo.args(["--release", "--package", "radiograph-examples", "--example", name, "--"]);
        Ok::<_, Error>(cargo)
    };
    let out = checkout.root().join(&arguments.out);
    let mut pipeline = example("pipeline")?;
    pipeline.arg("--config").arg(checkout.root().join("examples/demo.toml"));
    let mut name = if arguments.permute_labels { "permuted-labels" } else { "run" }.to_owned();
    match (&arguments.data, &arguments.weights) {
        (Some(data), Some(weights)) => {
            say("DEMO on your folders: a small head and few epochs, see examples/demo.toml");
            name = format!("{name}-of-your-folders");
            // The program starts in the checkout, whose folder is not where the words were typed.
            pipeline.arg("--data").arg(from_here(data)?);
            let weights = match Path::new(weights) {
                file if file.is_file() => from_here(file)?.display().to_string(),
                _ => weights.clone(),
            };
            pipeline.args(["--set", "backbones=['inception_v3']", "--set"]);
            pipeline.arg(format!("weights.inception_v3={weights}"));
        }
        _ => {
            say(
                "DEMO: drawn phantoms, networks with RANDOM weights, a small head; its scores say nothing about patients",
            );
            let phantoms = out.join("phantoms");
            if !phantoms.join("phantoms.json").is_file() {
                let mut draw = example("phantoms")?;
                run::check(draw.arg("--out").arg(&phantoms).args([
                    "--patients",
                    PATIENTS,
                    "--side",
                    SIDE,
                    "--seed",
                    "7",
                ]))?;
            }
            pipeline.arg("--data").arg(phantoms.join("collections"));
        }
    }
    if arguments.permute_labels {
        pipeline.arg("--permute-labels");
    }
    let run = out.join(name);
    run::check(pipeline.arg("--out").arg(&run))?;
    say(&format!("report: {}", run.join("report.html").display()));
    Ok(())
}

fn from_here(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io(path))
}
