//! The settings of a run. A preset supplies every value, a file and overrides change some of them, and the run's
//! `config.toml` stores the result.
//!
//! ```
//! use radiograph_run::Config;
//!
//! let file = "
//!     preset = 'trustworthy'
//!     backbones = ['inception_v3']
//!     [data]
//!     folder = 'xrays'
//!     [training]
//!     epochs = 10
//! ";
//! let config = Config::resolve(Some(file), &["training.batch_size=16".to_owned()])?;
//! assert_eq!((config.training.epochs, config.training.batch_size), (10, 16));
//!
//! // Unknown settings are errors.
//! let error = Config::resolve(Some("seeed = 3"), &[]).unwrap_err();
//! assert!(error.to_string().contains("seeed"));
//! # Ok::<(), radiograph_run::Error>(())
//! ```

mod check;
mod device;
mod ensemble;
mod layers;
mod model;
mod network;
mod or_off;
mod paths;
mod preset;
mod range;
mod recipe;
mod renamed;
mod section;

use std::collections::BTreeMap;

use radiograph_protocol::{Baseline, FeatureShape, Preset};
use radiograph_weights::Architecture;
use serde::{Deserialize, Deserializer, Serialize};

use toml::Table;

use crate::{Error, difference::differences};
pub use ensemble::{Ensemble, EnsembleOver, ScoredModel};
pub use model::ModelKind;
pub use network::NetworkSection;
pub use section::{
    AuditSection, BestBy, ComputeSection, DataSection, EvaluationSection, ExplanationSection, HeadSection,
    InputSection, KeptAges, KeptIdentifiers, KeptViews, Layers, ReadingKind, TrainingSection,
};

/// All settings of a run, in the form of `config.toml`.
///
/// `false` switches an optional setting off, in a file and in an override.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Preset that supplies unset values.
    pub preset: Preset,
    /// Seed of every random draw, 0 to 2^63 - 1.
    pub seed: u64,
    /// Seed of the choice and the split of images; `false`: `seed`.
    #[serde(with = "or_off")]
    pub split_seed: Option<u64>,
    /// Number of splits, 1 to 100. The first is the run's own. Each other one is a run in the subfolder `repeats/split-N`.
    pub repeats: usize,
    /// Frozen networks, in the order of tables and figures.
    pub backbones: Vec<Architecture>,
    /// Models without recurrence, trained on the same features and folds. In a file, `false` means none.
    #[serde(deserialize_with = "none_if_off")]
    pub baselines: Vec<Baseline>,
    /// Random permutation of the labels within the test part and within each fold: a negative control.
    pub permute_labels: bool,
    /// Audit for shortcuts; `false`: none.
    #[serde(with = "or_off")]
    pub audit: Option<AuditSection>,
    /// Networks that are computed from ONNX files, by name.
    pub networks: BTreeMap<String, NetworkSection>,
    /// Weights of each other network: an installed name, a file, or `random:SEED`.
    pub weights: BTreeMap<Architecture, String>,
    /// The data and its split.
    pub data: DataSection,
    /// Input of the networks.
    pub input: InputSection,
    /// The head that reads the feature map.
    pub head: HeadSection,
    /// Training of the heads.
    pub training: TrainingSection,
    /// Scores, intervals and tests.
    pub evaluation: EvaluationSection,
    /// Explanations of test images.
    pub explanation: ExplanationSection,
    /// Devices, threads and memory.
    pub compute: ComputeSection,
}

impl Config {
    /// The settings of a preset; the folder of images is empty.
    pub fn of(preset: Preset) -> Self {
        preset::settings(preset)
    }

    /// The seed of the choice and the split of images.
    pub fn split_seed(&self) -> u64 {
        self.split_seed.unwrap_or(self.seed)
    }

    /// The settings of the preset that `file` names (default: `trustworthy`), changed by `file`, then by overrides of the form
    /// `key=value`, such as `training.epochs=10`. A value that is not TOML is taken as text.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the key of a setting that is unknown, renamed, of the wrong type, out of its range or in conflict
    /// with another; with `the file` and the line if the file is not TOML; with the text of an override that is not
    /// `key=value`.
    pub fn resolve(file: Option<&str>, overrides: &[String]) -> Result<Self, Error> {
        let config = layers::resolve(file, overrides)?;
        config.check()?;
        Ok(config)
    }

    /// These settings, changed by `file`, then by overrides, as in [`resolve`](Self::resolve). A `preset` key changes the name of
    /// the preset and no other setting.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub fn changed(&self, file: Option<&str>, overrides: &[String]) -> Result<Self, Error> {
        let config = layers::lay_over_config(self, file, overrides)?;
        config.check()?;
        Ok(config)
    }

    /// These settings with absolute paths, so that a run continues from another working directory. A relative path starts
    /// from the current one. Links and `..` are resolved as far as the path exists.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the key, if the working directory is unknown, a path is empty, or the absolute path of weights is not
    /// Unicode.
    pub fn with_absolute_paths(mut self) -> Result<Self, Error> {
        paths::make_absolute(&mut self)?;
        Ok(self)
    }

    /// Checks that every setting is in its range and that the settings fit each other. Whether files, weights and
    /// devices exist is not checked.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the key of the setting.
    pub fn check(&self) -> Result<(), Error> {
        check::check(self)
    }

    /// Checks that the heads on this network's feature map can be built. [`check`](Self::check) does so for networks whose maps
    /// are known without their files.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the key of the setting.
    pub fn check_heads(&self, network: Architecture, features: FeatureShape) -> Result<(), Error> {
        check::heads_of(self, network, features)
    }

    /// The text of `config.toml`: every setting.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a path is not Unicode, which TOML requires.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::config("the settings", error.to_string()))
    }

    /// The keys of all settings that differ from the preset's, such as `training.kept_weights`, in alphabetical order.
    ///
    /// # Errors
    ///
    /// As [`to_toml`](Self::to_toml).
    pub fn differences(&self) -> Result<Vec<String>, Error> {
        let table = |config: &Self| {
            Table::try_from(config).map_err(|error| Error::config("the settings", error.to_string()))
        };
        let differences = differences(&table(self)?, &table(&Self::of(self.preset))?);
        Ok(differences.into_iter().map(|difference| difference.key).collect())
    }
}

/// Reads a list, or `false` as the empty one.
fn none_if_off<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(or_off::deserialize::<Vec<T>, D>(deserializer)?.unwrap_or_default())
}
