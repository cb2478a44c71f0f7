//! What ran, on what, from which files: enough to run it again. Nothing here is measured by the report itself.

use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};

/// A run: its settings, its machine and its files.
///
/// Whatever was not measured is `None`, and the page says "not recorded"; nothing is filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever ran it")]
pub struct RunRecord {
    /// The name of the run, as in `covid-trustworthy-2`.
    pub name: String,
    /// The preset: `paper`, `released-code`, `trustworthy`, or a name of one's own.
    pub preset: String,
    /// What the images are.
    pub images: Images,
    /// What the labels are.
    pub labels: Labels,
    /// What else everyone must know before the first number, a sentence each: contaminated folds, capped epochs, ….
    pub cautions: Vec<String>,
    /// The one seed from which all random streams come.
    pub seed: u64,
    /// The command that was typed.
    pub command: Option<String>,
    /// The device that computed, as in `cpu` or `Tesla K80 (cuda:0)`.
    pub device: String,
    /// Threads.
    pub threads: Option<u32>,
    /// When it began, as text.
    pub started: Option<String>,
    /// How long each stage took, in order.
    pub stages: Vec<Stage>,
    /// Energy in kilowatt-hours and the instrument that measured it; never an estimate.
    pub energy: Option<MeasuredEnergy>,
    /// Software, as in (`libtorch`, `2.13.0`).
    pub versions: Vec<(String, String)>,
    /// Files and their content, as in (`manifest.csv`, …).
    pub files: Vec<(String, ContentHash)>,
    /// The whole configuration as text.
    pub configuration: Option<String>,
}

/// What the images are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new kind must be shown on purpose")]
pub enum Images {
    /// Radiographs of people.
    Radiographs,
    /// Drawn by a program: scores say nothing about people.
    Phantoms,
}

/// What the labels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a new kind must be shown on purpose")]
pub enum Labels {
    /// As the sources give them.
    Given,
    /// Exchanged at random, as a control: a good score would mean a leak.
    Permuted,
}

/// A stage of the run and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever ran it")]
pub struct Stage {
    /// What was done.
    pub name: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Energy that an instrument measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "to be written out by whoever ran it")]
pub struct MeasuredEnergy {
    /// Kilowatt-hours.
    pub kilowatt_hours: f64,
    /// What measured it, as in `nvidia-smi, board power`.
    pub instrument: String,
}
