//! The settings flags that all commands on a run folder share.
//!
//! They define the `config.toml` of a new run. An existing run keeps its settings, and the flags must agree with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use radiograph_run::{Config, Error, Preset, Run, RunFolder, Watcher};
use toml::{Table, Value};

use crate::failure::Failure;

/// Run folder and settings flags.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Run folder; a new one is created
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,

    /// Settings in TOML; the preset supplies what the file leaves out
    #[arg(long, value_name = "FILE", help_heading = "Settings of a new run")]
    config: Option<PathBuf>,

    /// Folder of the collections: setting data.folder
    #[arg(long, value_name = "DIR", help_heading = "Settings of a new run")]
    data: Option<PathBuf>,

    /// Preset that supplies unset values [default: trustworthy]
    #[arg(long, value_name = "NAME", value_parser = preset_names(), help_heading = "Settings of a new run")]
    preset: Option<String>,

    /// One setting, such as training.epochs=10; `false` switches an optional one off
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Settings of a new run")]
    overrides: Vec<String>,

    /// Labels exchanged at random, for a run that must find nothing
    #[arg(long, help_heading = "Settings of a new run")]
    permute_labels: bool,
}

/// Names of the presets.
pub(crate) fn preset_names() -> [&'static str; 3] {
    Preset::ALL.map(Preset::name)
}

/// Key of the setting that `--data` gives.
const DATA: &str = "data.folder";

impl Settings {
    /// Opens the run with these settings.
    pub(crate) fn open<'w>(&self, watch: &'w mut Watcher<'w>) -> Result<Run<'w>, Failure> {
        Ok(match self.new_config()? {
            Some(config) => Run::open(config, &self.run, watch)?,
            None => Run::begun(&self.run, watch)?,
        })
    }

    /// The settings of a new run; `None` if the run exists and the given flags agree with its settings.
    pub(crate) fn new_config(&self) -> Result<Option<Config>, Failure> {
        let Some(given) = self.given()? else {
            if RunFolder::is_begun(&self.run) {
                return Ok(None);
            }
            let error = Error::NoRun { path: self.run.clone() };
            return Err(Failure::input(format!("{error}; --data DIR begins a run there")));
        };
        if !RunFolder::is_begun(&self.run) {
            return Ok(Some(given.config));
        }
        let path = self.run.join("config.toml");
        let own: Table =
            read(&path)?.parse().map_err(|error: toml::de::Error| Error::damaged(&path, error.message()))?;
        match given.first_disagreement(&own)? {
            None => Ok(None),
            Some((key, expected, found)) => {
                Err(Error::OtherRun { path: self.run.clone(), key, expected, found }.into())
            }
        }
    }

    /// The settings in the flags; `None` if there are no flags.
    fn given(&self) -> Result<Option<Given>, Failure> {
        let Self { run: _, config, data, preset, overrides, permute_labels } = self;
        if config.is_none() && data.is_none() && preset.is_none() && overrides.is_empty() && !permute_labels {
            return Ok(None);
        }
        let text = config.as_deref().map(read).transpose()?;
        let mut changes = Vec::new();
        changes.extend(preset.as_ref().map(|name| format!("preset={name}")));
        changes.extend(permute_labels.then(|| "permute_labels=true".to_owned()));
        changes.extend(overrides.iter().cloned());
        let mut config = Config::resolve(text.as_deref(), &changes)?;
        let mut keys = Vec::new();
        if let Some(Ok(table)) = text.as_deref().map(str::parse::<Table>) {
            leaves(&Value::Table(table), "", &mut keys);
        }
        keys.extend(changes.iter().filter_map(|change| Some(change.split_once('=')?.0.trim().to_owned())));
        // Not as an override: a folder may be called 2024 or true.
        if let Some(folder) = data {
            config.data.folder.clone_from(folder);
            keys.push(DATA.to_owned());
        }
        // A run works from any folder.
        if !config.data.folder.as_os_str().is_empty() {
            config.data.folder = std::path::absolute(&config.data.folder)?;
        }
        Ok(Some(Given { config, keys }))
    }
}

/// Settings, and the keys that a flag or a file sets.
struct Given {
    config: Config,
    keys: Vec<String>,
}

impl Given {
    /// The first given setting whose value in `own` differs: key, given value, own value.
    fn first_disagreement(&self, own: &Table) -> Result<Option<(String, String, String)>, Failure> {
        let given: Table = self
            .config
            .to_toml()?
            .parse()
            .map_err(|error: toml::de::Error| Failure::input(error.message()))?;
        let text = |value: Option<&Value>| value.map_or_else(|| "(nothing)".to_owned(), Value::to_string);
        Ok(self.keys.iter().find_map(|key| {
            let (given, own) = (at(&given, key), at(own, key));
            (given != own).then(|| (key.clone(), text(given), text(own)))
        }))
    }
}

/// The value at a dotted key.
fn at<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((head, rest)) => at(table.get(head)?.as_table()?, rest),
    }
}

/// The dotted keys of all values that are not tables.
fn leaves(value: &Value, path: &str, keys: &mut Vec<String>) {
    let Value::Table(table) = value else {
        keys.push(path.to_owned());
        return;
    };
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        leaves(value, &path, keys);
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::from(error).at(path.display()))
}

#[cfg(feature = "libtorch")]
impl Settings {
    /// Opens the run with the stages that need libtorch.
    pub(crate) fn open_pipeline<'w>(
        &self,
        watch: &'w mut Watcher<'w>,
    ) -> Result<radiograph::Pipeline<'w>, Failure> {
        Ok(match self.new_config()? {
            Some(config) => radiograph::Pipeline::open(config, &self.run, watch)?,
            None => radiograph::Pipeline::begun(&self.run, watch)?,
        })
    }
}
