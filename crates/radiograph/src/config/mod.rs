//! What a run is told. Every setting has a value: a preset gives all of them, a file and overrides change some, and the
//! run's own `config.toml` lists what came out. Not here: what the settings do.
//!
//! ```
//! use radiograph::config::Config;
//!
//! let file = "
//!     preset = 'trustworthy'
//!     backbones = ['inception_v3']
//!     [data]
//!     folder = 'xrays'
//!     [training]
//!     epochs = 10
//! ";
//! let config = Config::resolve(Some(file), &["training.batch=16".to_owned()])?;
//! assert_eq!((config.training.epochs, config.training.batch), (10, 16));
//!
//! // Nothing unknown is passed over.
//! let error = Config::resolve(Some("seeed = 3"), &[]).unwrap_err();
//! assert!(error.to_string().contains("seeed"));
//! # Ok::<(), radiograph::Error>(())
//! ```

mod check;
mod layers;
mod or_off;
mod preset;
mod section;

use std::collections::{BTreeMap, BTreeSet};

use radiograph_head::{Architecture, Preset};
use serde::{Deserialize, Serialize};

use toml::{Table, Value};

use crate::Error;
pub(crate) use preset::recipe_of;
pub use section::{
    BestBy, ComputeSection, DataSection, EvaluationSection, ExplanationSection, HeadSection, InputSection,
    KeptAges, KeptViews, Layers, TrainingSection,
};

/// All settings of a run, as `config.toml` has them.
///
/// A setting that is optional is switched off with `false`, in a file or an override.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the settings come from that nothing else was said about.
    pub preset: Preset,
    /// All that is drawn at random depends on this number alone. Up to 2^63 - 1, the largest number of a TOML file.
    pub seed: u64,
    /// The networks whose features are classified, in the order of tables and figures.
    pub backbones: Vec<Architecture>,
    /// Whether the plain networks of Table 4 are trained too, on the same features and folds.
    pub baselines: bool,
    /// Whether labels are exchanged at random within the test part and within each fold, for a run that must find
    /// nothing.
    pub permute_labels: bool,
    /// For each network the weights: a name that `cargo xtask weights` installed, a file, or `random:SEED`.
    pub weights: BTreeMap<Architecture, String>,
    /// Which images, and how they are divided.
    pub data: DataSection,
    /// What a network sees of an image.
    pub input: InputSection,
    /// What reads the feature map.
    pub head: HeadSection,
    /// How that is trained.
    pub training: TrainingSection,
    /// How scores are made.
    pub evaluation: EvaluationSection,
    /// Which images are explained, and how.
    pub explanation: ExplanationSection,
    /// What computes.
    pub compute: ComputeSection,
}

impl Config {
    /// The settings of a preset, without images.
    pub fn of(preset: Preset) -> Self {
        preset::settings(preset)
    }

    /// The settings of the preset that `file` names (else `trustworthy`), changed by `file`, then by overrides of the form
    /// `key=value`, such as `training.epochs=10`; a value is TOML, or else taken as text.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] that names the key which is unknown, of the wrong type or out of its range.
    pub fn resolve(file: Option<&str>, overrides: &[String]) -> Result<Self, Error> {
        let config = layers::resolve(file, overrides)?;
        config.check()?;
        Ok(config)
    }

    /// Whether every setting is in its range, and they go together. Neither files nor devices are looked for.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] that names the key.
    pub fn check(&self) -> Result<(), Error> {
        check::check(self)
    }

    /// The text of `config.toml`: every setting.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a path is not Unicode, which TOML cannot say.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::config("the settings", error.to_string()))
    }

    /// The keys of all settings that differ from the preset's, such as `training.keep`, in alphabetical order.
    ///
    /// # Errors
    ///
    /// As [`to_toml`](Self::to_toml).
    pub fn differences(&self) -> Result<Vec<String>, Error> {
        let table = |config: &Self| {
            Table::try_from(config).map_err(|error| Error::config("the settings", error.to_string()))
        };
        let mut keys = Vec::new();
        differing(&Value::Table(table(self)?), &Value::Table(table(&Self::of(self.preset))?), "", &mut keys);
        Ok(keys)
    }
}

/// The keys below `path` whose values differ.
fn differing(ours: &Value, theirs: &Value, path: &str, keys: &mut Vec<String>) {
    let (Value::Table(a), Value::Table(b)) = (ours, theirs) else {
        if ours != theirs {
            keys.push(path.to_owned());
        }
        return;
    };
    let all: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for key in all {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (a.get(key), b.get(key)) {
            (Some(ours), Some(theirs)) => differing(ours, theirs, &path, keys),
            _ => keys.push(path),
        }
    }
}
