//! `cargo xtask demo`: runs the whole program in one command, on phantoms or on your own folders.

use std::path::{Path, PathBuf};

use crate::{checkout::Checkout, error::Error, lane::Lane, program, run, say, setup};

/// Run the whole pipeline: on drawn phantoms with random networks, or on your own folders
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Folder of real collections, instead of phantoms
    #[arg(long, value_name = "DIR", requires = "weights")]
    data: Option<PathBuf>,

    /// InceptionV3 weights, installed by name or a file, instead of random ones
    #[arg(long, value_name = "NAME|FILE", requires = "data")]
    weights: Option<String>,

    /// Permute the labels at random; the run must then find nothing
    #[arg(long)]
    permute_labels: bool,

    /// Folder for phantoms and run
    #[arg(long, default_value = "target/demo", value_name = "DIR")]
    out: PathBuf,
}

/// Number of phantom patients; each has one to three films in one of six collections.
const PATIENTS: &str = "480";
/// Side of the films in pixels: larger than the networks' input, and drawn in half the time of real sizes.
const SIDE: &str = "320";

pub(crate) fn demo(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let ready = setup::prepare(lane, checkout)?;
    let out = checkout.root().join(&arguments.out);
    let mut name = if arguments.permute_labels { "permuted-labels" } else { "run" }.to_owned();
    let mut settings: Vec<String> = Vec::new();
    let data = match (&arguments.data, &arguments.weights) {
        (Some(data), Some(weights)) => {
            say("DEMO on your folders: a small head and few epochs, see examples/demo.toml");
            name = format!("{name}-of-your-folders");
            let weights = match Path::new(weights) {
                file if file.is_file() => absolute(file)?.display().to_string(),
                _ => weights.clone(),
            };
            settings =
                vec!["backbones=['inception_v3']".to_owned(), format!("weights.inception_v3={weights}")];
            // The program starts in the checkout, which may not be where the command was typed.
            absolute(data)?
        }
        _ => {
            say(
                "DEMO: drawn phantoms, networks with RANDOM weights, a small head; its scores say nothing about patients",
            );
            let phantoms = out.join("phantoms");
            if !phantoms.join("phantoms.json").is_file() {
                let mut draw = program::command(&ready)?;
                draw.arg("phantoms").arg("--out").arg(&phantoms);
                run::check(draw.args(["--patients", PATIENTS, "--side", SIDE, "--seed", "7"]))?;
            }
            phantoms.join("collections")
        }
    };
    let folder = out.join(name);
    let mut pipeline = program::command(&ready)?;
    pipeline.arg("run").arg(&folder).arg("--config").arg(checkout.root().join("examples/demo.toml"));
    pipeline.arg("--data").arg(data);
    for setting in settings {
        pipeline.arg("--set").arg(setting);
    }
    if arguments.permute_labels {
        pipeline.arg("--permute-labels");
    }
    run::check(&mut pipeline)?;
    say(&format!("report: {}", folder.join("report.html").display()));
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io(path))
}
