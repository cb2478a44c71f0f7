//! The record of a run: settings, machine and files, sufficient to repeat it. The report measures none of this itself.

use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

/// A run: its settings, its machine and its files.
///
/// A value that was not measured is `None`, and the page says "not recorded".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct RunRecord {
    /// Name of the run, such as `covid-trustworthy-2`.
    pub name: String,
    /// Preset: `paper`, `released-code`, `trustworthy`, or a custom name.
    pub preset: String,
    /// Kind of images.
    pub images: Images,
    /// Kind of labels.
    pub labels: Labels,
    /// Cautions that belong before the first number, one sentence each: contaminated folds, capped epochs, ….
    pub cautions: Vec<String>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Command line.
    pub command: Option<String>,
    /// Device, such as `cpu` or `Tesla K80 (cuda:0)`.
    pub device: String,
    /// Number of threads.
    pub threads: Option<u32>,
    /// Start time, as text.
    pub started: Option<String>,
    /// Time of each stage, in order.
    pub stages: Vec<Stage>,
    /// Energy in kilowatt-hours and the instrument that measured it; never an estimate.
    pub energy: Option<MeasuredEnergy>,
    /// Software versions, such as (`libtorch`, `2.13.0`).
    pub versions: Vec<(String, String)>,
    /// Files and hashes of their content, such as (`manifest.csv`, …).
    pub files: Vec<(String, ContentHash)>,
    /// The whole configuration as text.
    pub configuration: Option<String>,
    /// The settings one by one, for the checklist.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

/// A setting of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Setting {
    /// Key, such as `training.epochs`. Those of the input begin with `input.`, of the data with `data.`, of the head with
    /// `head.`, and of the training with `training.`.
    pub key: String,
    /// Description, such as `Maximum number of epochs`.
    pub description: String,
    /// Value as text.
    pub value: String,
}

/// Kind of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new kind must be shown on purpose")]
pub enum Images {
    /// Radiographs of people.
    Radiographs,
    /// Drawn by a program: scores say nothing about people.
    Phantoms,
}

/// Kind of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new kind must be shown on purpose")]
pub enum Labels {
    /// Labels of the sources.
    Given,
    /// Exchanged at random, as a control: a good score would mean a leak.
    Permuted,
}

/// A stage of the run and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Stage {
    /// Name of the stage.
    pub name: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Energy that an instrument measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct MeasuredEnergy {
    /// Kilowatt-hours.
    pub kilowatt_hours: f64,
    /// Measuring instrument, such as `nvidia-smi, board power`.
    pub instrument: String,
}
