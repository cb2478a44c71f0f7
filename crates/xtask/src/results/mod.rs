//! `cargo xtask results`: makes the runs of `docs/results.md` and writes their tables into it.
//!
//! Tables stand between marks ([`crate::blocks`]). The rest of the document is prose, which must be read again after new runs.

mod number;
mod tables;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{blocks::Document, checkout::Checkout, error::Error, lane::Lane, program, run, say, setup};

/// Make the runs of docs/results.md on the real collections, and write their tables into it
///
/// Needs the folder of the collections in RADIOGRAPH_DATA, and the file inception_v3.keras.safetensors in the folder
/// RADIOGRAPH_WEIGHTS. Runs that are finished are not made again.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Folder for the runs
    #[arg(long, default_value = "target/results", value_name = "DIR")]
    out: PathBuf,

    /// Built program `radiograph` to use in place of a new build
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,

    /// Further settings of every run that change no result but its last bits, such as compute.parallel_trainings=2
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,

    /// Write the tables of finished runs and make none
    #[arg(long)]
    tables_only: bool,
}

/// A run of the document.
pub(crate) struct Run {
    pub(crate) name: &'static str,
    /// What it shows, in tables.
    pub(crate) title: &'static str,
    /// Settings beside those of all runs.
    pub(crate) settings: &'static [&'static str],
}

/// Settings of all runs.
pub(crate) const SHARED: [&str; 4] = [
    "backbones=['inception_v3']",
    "training.epochs=10",
    "training.folds=2",
    "training.ensembles=['seeds', 'folds']",
];

/// The runs, in the order of tables.
pub(crate) const RUNS: [Run; 4] = [
    Run { name: "trustworthy", title: "trustworthy", settings: &["training.seeds=3"] },
    Run {
        name: "grouped",
        title: "grouped, copies kept",
        settings: &["data.one_per_picture=false", "data.max_per_patient=false"],
    },
    Run {
        name: "image-level",
        title: "image by image, copies kept",
        settings: &["data.one_per_picture=false", "data.max_per_patient=false", "data.split=image-level"],
    },
    Run {
        name: "cohen-out",
        title: "Cohen's collection never seen",
        settings: &["data.test_source=cohen", "training.seeds=3"],
    },
];

/// The paper's own setting, by `examples/paper.toml`.
pub(crate) const PAPER: Run = Run {
    name: "paper",
    title: "paper",
    settings: &["backbones=['inception_v3']", "training.epochs=10", "training.folds=2"],
};

/// Ways to make a shortcut smaller, each audited without a training beside the first run: title as in tables.
pub(crate) const MITIGATIONS: [Run; 3] = [
    Run {
        name: "sources-balanced",
        title: "classes balanced within each source",
        settings: &["data.balance_by={ field = 'source', unmatched = 'exclude' }"],
    },
    Run { name: "lungs", title: "box around the estimated lungs", settings: &["input.part=lungs"] },
    Run { name: "even", title: "even gray values", settings: &["input.gray_values=even"] },
];

const DOCUMENT: Document = Document { path: "docs/results.md", kind: "results" };

pub(crate) fn results(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let out = checkout.root().join(&arguments.out);
    if !arguments.tables_only {
        let (data, weights) = (named("RADIOGRAPH_DATA")?, named("RADIOGRAPH_WEIGHTS")?);
        let weights = weights.join("inception_v3.keras.safetensors");
        let program = || match &arguments.program {
            Some(program) => Ok(Command::new(program)),
            None => program::command(&setup::prepare(lane, checkout)?),
        };
        let set = |command: &mut Command, settings: &[&str]| {
            let stores = format!("compute.feature_stores={}", out.join("features").display());
            let file = format!("weights.inception_v3={}", weights.display());
            let fixed = settings.iter().map(|&setting| setting.to_owned());
            for setting in fixed.chain([stores, file]).chain(arguments.settings.iter().cloned()) {
                command.arg("--set").arg(setting);
            }
        };
        let begin = |name: &str, run: &Run| {
            let mut command = program()?;
            command.arg(name).arg(out.join(run.name)).arg("--data").arg(&data);
            command.args(["--preset", "trustworthy"]);
            set(&mut command, &[&SHARED, run.settings].concat());
            run::check(&mut command)
        };
        say("run paper");
        let mut paper = program()?;
        paper.arg("run").arg(out.join(PAPER.name)).arg("--data").arg(&data);
        paper.arg("--config").arg(checkout.root().join("examples/paper.toml"));
        set(&mut paper, PAPER.settings);
        run::check(&mut paper)?;
        for run in &RUNS {
            say(&format!("run {}", run.name));
            begin("run", run)?;
        }
        for run in &MITIGATIONS {
            say(&format!("audit of {}", run.name));
            begin("assemble", run)?;
            for stage in ["extract", "audit"] {
                run::check(program()?.arg(stage).arg(out.join(run.name)))?;
            }
        }
    }
    DOCUMENT.write(checkout, &tables::blocks(&out)?)?;
    say(&format!("{} has new tables; read its prose again", DOCUMENT.path));
    Ok(())
}

/// The folder that an environment variable names.
fn named(name: &'static str) -> Result<PathBuf, Error> {
    let folder = env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_dir());
    folder.and_then(|folder| Path::canonicalize(&folder).ok()).ok_or(Error::NoFolder { name })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_document_has_a_place_for_every_table() {
        let text = fs::read_to_string(Checkout::this().root().join(DOCUMENT.path)).unwrap();
        let blocks: Vec<(&str, String)> = tables::NAMES.iter().map(|&name| (name, String::new())).collect();
        DOCUMENT.with(&text, &blocks).unwrap();
    }
}
