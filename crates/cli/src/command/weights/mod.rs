//! `radiograph weights`: lists, fetches, installs, checks and exports weights, which other commands find by name.

mod download;
pub(crate) mod error;
mod export;
mod fetch;
mod keras;
mod partial;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Subcommand;
use radiograph_weights::{
    Expected, Taking, Weights, WeightsError, WeightsFolder, WeightsName, WeightsRecord,
};
use serde::Serialize;

use self::{
    download::Download,
    fetch::{Converted, is_of_keras, published},
};
use crate::{exit::Exit, failure::Failure, output, progress::Progress};

/// List, fetch, install, check and export pretrained weights
///
/// Weights are kept in $XDG_CACHE_HOME/radiograph/weights, else in ~/.cache/radiograph/weights. A bare network name, such as
/// inception_v3, selects its first entry in the list.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  radiograph weights list")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List published and installed weights
    #[command(after_help = "Example:\n  radiograph weights list --json")]
    List {
        /// JSON on standard output instead of text
        #[arg(long)]
        json: bool,
    },
    /// Fetch published weights and install them
    ///
    /// Files of Keras (.h5) are compared with the MD5 that Keras states and converted.
    #[command(after_help = "Example:\n  radiograph weights fetch inception_v3")]
    Fetch {
        /// Networks (inception_v3) or published weights (inception_v3.tv_in1k)
        #[arg(required = true, value_name = "NAME")]
        names: Vec<WeightsName>,
        /// Replace installed weights of this name
        #[arg(long)]
        replace: bool,
        /// JSON on standard output instead of text
        #[arg(long)]
        json: bool,
    },
    /// Install a safetensors file, or convert and install a file of Keras (.h5)
    #[command(after_help = "Example:\n  radiograph weights install densenet121.keras weights.safetensors")]
    Install {
        /// Name of the weights: a network, a point and a word (inception_v3.mine)
        name: WeightsName,
        /// Safetensors file, which is copied, or a file of Keras
        file: PathBuf,
        /// Replace installed weights of this name
        #[arg(long)]
        replace: bool,
        /// JSON on standard output instead of text
        #[arg(long)]
        json: bool,
    },
    /// Read installed weights again and compare them with their records
    ///
    /// Exit code 1: a file differs from what was installed.
    #[command(after_help = "Example:\n  radiograph weights check")]
    Check {
        /// Names of installed weights [default: all]
        #[arg(value_name = "NAME")]
        names: Vec<WeightsName>,
        /// JSON on standard output instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write a network with its installed weights as an ONNX file
    #[command(after_help = "Example:\n  radiograph weights export densenet121.keras densenet121.onnx")]
    Export(export::Arguments),
}

/// Output of `list --json`.
#[derive(Serialize)]
struct Listed {
    folder: PathBuf,
    published: Vec<WeightsRecord>,
    installed: Vec<Installed>,
}

/// Installed weights.
#[derive(Serialize)]
struct Installed {
    name: String,
    record: Option<WeightsRecord>,
    /// Reason why they cannot be used, if any.
    failure: Option<String>,
}

impl Installed {
    fn of(name: &WeightsName, found: Result<Weights, WeightsError>) -> Self {
        let name = name.to_string();
        match found {
            Ok(weights) => Self { name, record: Some(weights.record().clone()), failure: None },
            Err(error) => Self { name, record: None, failure: Some(Failure::from(error).message) },
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = WeightsFolder::of_user()?;
    let replacing = |replace: bool| if replace { folder.clone().replacing() } else { folder.clone() };
    match &arguments.action {
        Action::List { json } => list(&folder, *json),
        Action::Fetch { names, replace, json } => {
            let progress = Progress::new();
            let mut fetched = Vec::new();
            for name in names {
                let weights = fetch_one(&replacing(*replace), name, *replace, &progress)?;
                if !json {
                    tell(name, &weights)?;
                }
                fetched.push(Installed::of(name, Ok(weights)));
            }
            if *json {
                output::json(&fetched)?;
            }
            Ok(Exit::Done)
        }
        Action::Install { name, file, replace, json } => {
            let called = file.file_name().unwrap_or_default().to_string_lossy();
            let converted =
                keras::is_hdf5(file).then(|| Converted::of(&folder, name, file, &called)).transpose()?;
            let (file, taking) = match &converted {
                Some(converted) => (&converted.path, Taking::Move),
                None => (file, Taking::Copy),
            };
            let record = WeightsFolder::identify(name, file)?;
            let weights = replacing(*replace).install(name, file, &record, taking)?;
            if *json {
                output::json(&Installed::of(name, Ok(weights)))?;
            } else {
                tell(name, &weights)?;
            }
            Ok(Exit::Done)
        }
        Action::Check { names, json } => check(&folder, names, *json),
        Action::Export(arguments) => export::run(&folder, arguments),
    }
}

fn fetch_one(
    folder: &WeightsFolder,
    name: &WeightsName,
    replace: bool,
    progress: &Progress,
) -> Result<Weights, Failure> {
    let record = published(name)?;
    if let (false, Ok(installed)) = (replace, folder.named(name)) {
        // A file under its final name was checked before it got that name, and is again when it is opened.
        return Ok(installed);
    }
    let fetched = fetch::fetch(folder, name, &record, &Download::default(), replace, progress);
    fetched.map_err(|error| {
        let of_machine = error.is_of_machine();
        let failure = Failure::from(error);
        if of_machine { Failure { exit: Exit::Machine, ..failure } } else { failure }
    })
}

fn list(folder: &WeightsFolder, json: bool) -> Result<Exit, Failure> {
    let installed = folder.installed()?;
    if json {
        let installed = installed.iter().map(|name| Installed::of(name, folder.named(name)));
        output::json(&Listed {
            folder: folder.path().to_owned(),
            published: WeightsRecord::published(),
            installed: installed.collect(),
        })?;
        return Ok(Exit::Done);
    }
    output::line("published weights (a bare network name selects its first entry):")?;
    for record in WeightsRecord::published() {
        let how = match &record.source_url {
            Some(url) if record.is_fetchable() || is_of_keras(url) => "radiograph weights fetch",
            Some(_) => "to be converted, docs/weights.md",
            None => "radiograph weights install",
        };
        output::line(format!("    {:32} {how}", record.name))?;
    }
    output::line(format!("installed in {}: {}", folder.path().display(), installed.len()))?;
    for name in &installed {
        match folder.named(name) {
            Ok(weights) => tell(name, &weights)?,
            Err(error) => output::line(format!("{name}: {}", Failure::from(error).message))?,
        }
    }
    Ok(Exit::Done)
}

/// Reads every tensor's position and every byte again.
fn check(folder: &WeightsFolder, names: &[WeightsName], json: bool) -> Result<Exit, Failure> {
    let names = if names.is_empty() { folder.installed()? } else { names.to_vec() };
    let progress = Progress::new();
    let mut checked = Vec::new();
    for name in names {
        progress.begin(&format!("checking {name}"));
        let expected = Expected::of(name.architecture());
        let opened = folder.named(&name).and_then(|weights| weights.open(&expected).map(|_| weights));
        checked.push(Installed::of(&name, opened));
    }
    progress.end();
    if json {
        output::json(&checked)?;
    } else {
        for Installed { name, failure, .. } in &checked {
            output::line(format!("{name}: {}", failure.as_deref().unwrap_or("as installed")))?;
        }
    }
    Ok(Exit::complete(checked.iter().all(|one| one.failure.is_none())))
}

fn tell(name: &WeightsName, weights: &Weights) -> Result<(), Failure> {
    let record = weights.record();
    let unknown = || "unknown".to_owned();
    output::line(format!(
        "{name}: {}\n    {}\n    licence {}, source {}",
        weights.path().display(),
        weights.in_words(),
        record.licence.clone().unwrap_or_else(unknown),
        record.source_url.clone().or_else(|| record.origin.clone()).unwrap_or_else(unknown),
    ))
}
