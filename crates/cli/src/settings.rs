//! The run folder and the settings flags of commands that work on a run.
//!
//! `run` and `assemble` begin a run: the flags become its `config.toml`. Every other command continues one. A begun run keeps
//! its settings, and flags must agree with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_run::{Config, Error, Preset, Run, RunFolder, Watcher};

use crate::failure::Failure;

/// Run folder and settings of a command that begins a run, or continues it.
#[derive(clap::Args)]
pub(crate) struct NewRun {
    /// Run folder; a new one is created
    #[arg(value_name = "RUN")]
    run: PathBuf,

    #[command(flatten)]
    flags: Flags,
}

/// Run folder and settings of a command that only continues a run.
#[derive(clap::Args)]
pub(crate) struct BegunRun {
    /// Folder of a run that `run` or `assemble` began
    #[arg(value_name = "RUN")]
    run: PathBuf,

    #[command(flatten)]
    flags: Flags,
}

/// Heading of the settings flags in help texts.
const HEADING: &str = "Settings of the run";

/// Settings flags.
#[derive(clap::Args)]
struct Flags {
    /// Settings in TOML; in a new run, the preset supplies what the file leaves out
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    config: Option<PathBuf>,

    /// Folder of the collections: setting data.folder
    #[arg(long, value_name = "DIR", help_heading = HEADING)]
    data: Option<PathBuf>,

    /// Preset that supplies what a new run leaves unset; trustworthy if none is named
    #[arg(long, value_name = "NAME", value_parser = preset_names(), help_heading = HEADING)]
    preset: Option<String>,

    /// One setting, such as training.epochs=10; `false` switches an optional one off
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = HEADING)]
    overrides: Vec<String>,

    /// Control run with permuted labels, which must find nothing
    #[arg(long, help_heading = HEADING)]
    permute_labels: bool,

    /// File names and patient numbers in the results, in place of pseudonyms: setting data.identifiers
    #[arg(long, help_heading = HEADING)]
    keep_identifiers: bool,
}

/// Names of the presets.
pub(crate) fn preset_names() -> [&'static str; 3] {
    Preset::ALL.map(Preset::name)
}

impl NewRun {
    /// Opens the run, which begins if the folder holds none.
    pub(crate) fn open<'w>(&self, watch: &'w mut Watcher<'w>) -> Result<Run<'w>, Failure> {
        open(&self.run, self.config()?, watch)
    }

    /// The settings of a new run, or those that an existing run must have.
    fn config(&self) -> Result<Option<Config>, Failure> {
        if RunFolder::is_begun(&self.run) {
            return self.flags.over_the_run_in(&self.run);
        }
        if self.flags.are_none() {
            let error = Error::NoRun { path: self.run.clone() };
            return Err(Failure::input(format!("{error}; --data DIR begins a run there")));
        }
        Ok(Some(self.flags.new_config()?))
    }
}

impl BegunRun {
    /// Opens the run.
    pub(crate) fn open<'w>(&self, watch: &'w mut Watcher<'w>) -> Result<Run<'w>, Failure> {
        open(&self.run, self.config()?, watch)
    }

    /// The settings that the flags demand of the run, if there are flags.
    fn config(&self) -> Result<Option<Config>, Failure> {
        if RunFolder::is_begun(&self.run) {
            return self.flags.over_the_run_in(&self.run);
        }
        let (path, run) = (self.run.clone(), self.run.display());
        let error = Error::NoRun { path };
        Err(Failure::input(format!("{error}; `radiograph assemble {run} --data DIR` begins a run there")))
    }
}

fn open<'w>(folder: &Path, config: Option<Config>, watch: &'w mut Watcher<'w>) -> Result<Run<'w>, Failure> {
    Ok(match config {
        Some(config) => Run::open(config, folder, watch)?,
        None => Run::begun(folder, watch)?,
    })
}

impl Flags {
    fn are_none(&self) -> bool {
        let Self { config, data, preset, overrides, permute_labels, keep_identifiers } = self;
        config.is_none()
            && data.is_none()
            && preset.is_none()
            && overrides.is_empty()
            && !permute_labels
            && !keep_identifiers
    }

    fn new_config(&self) -> Result<Config, Failure> {
        let config = Config::resolve(self.file()?.as_deref(), &self.changes())?;
        Ok(self.with_data(config))
    }

    /// The settings of the run in `folder`, changed by the flags; `None` without flags.
    fn over_the_run_in(&self, folder: &Path) -> Result<Option<Config>, Failure> {
        if self.are_none() {
            return Ok(None);
        }
        let (_, own) = RunFolder::for_reading(folder)?;
        let mut config = self.with_data(own.changed(self.file()?.as_deref(), &self.changes())?);
        // `radiograph config` prints an empty folder, which asks for none.
        if config.data.folder.as_os_str().is_empty() {
            config.data.folder = own.data.folder;
        }
        Ok(Some(config))
    }

    fn file(&self) -> Result<Option<String>, Failure> {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|error| Failure::from(error).at(path.display()))
        };
        self.config.as_ref().map(read).transpose()
    }

    fn changes(&self) -> Vec<String> {
        let preset = self.preset.as_ref().map(|name| format!("preset={name}"));
        let permuted = self.permute_labels.then(|| "permute_labels=true".to_owned());
        let kept = self.keep_identifiers.then(|| "data.identifiers=kept".to_owned());
        preset.into_iter().chain(permuted).chain(kept).chain(self.overrides.iter().cloned()).collect()
    }

    /// The config with the folder that `--data` names. It is no override, because a folder may be called 2024 or true.
    fn with_data(&self, mut config: Config) -> Config {
        if let Some(folder) = &self.data {
            config.data.folder.clone_from(folder);
        }
        config
    }
}

#[cfg(feature = "libtorch")]
impl NewRun {
    /// Opens the run with the stages that need libtorch; it begins if the folder holds none.
    pub(crate) fn open_pipeline<'w>(
        &self,
        watch: &'w mut Watcher<'w>,
    ) -> Result<radiograph::Pipeline<'w>, Failure> {
        open_pipeline(&self.run, self.config()?, watch)
    }
}

#[cfg(feature = "libtorch")]
impl BegunRun {
    /// Opens the run with the stages that need libtorch.
    pub(crate) fn open_pipeline<'w>(
        &self,
        watch: &'w mut Watcher<'w>,
    ) -> Result<radiograph::Pipeline<'w>, Failure> {
        open_pipeline(&self.run, self.config()?, watch)
    }

    /// Opens the run for a part of the work of a stage, while other processes do the other parts.
    pub(crate) fn open_part<'w>(
        &self,
        part: radiograph_features::Part,
        watch: &'w mut Watcher<'w>,
    ) -> Result<radiograph::Pipeline<'w>, Failure> {
        if part == radiograph_features::Part::WHOLE {
            return self.open_pipeline(watch);
        }
        Ok(radiograph::Pipeline::shared(self.config()?, &self.run, watch)?)
    }
}

#[cfg(feature = "libtorch")]
fn open_pipeline<'w>(
    folder: &Path,
    config: Option<Config>,
    watch: &'w mut Watcher<'w>,
) -> Result<radiograph::Pipeline<'w>, Failure> {
    Ok(match config {
        Some(config) => radiograph::Pipeline::open(config, folder, watch)?,
        None => radiograph::Pipeline::begun(folder, watch)?,
    })
}
