//! The sections of a config. Values come from a preset (`super::preset`), limits are checked in `super::check`, and
//! `crate::settings` describes each setting with unit and range.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use radiograph_dataset::{
    SourceName,
    balance::{BalancedBy, Quota},
    split::Kind,
};
use radiograph_features::{Arithmetic, Element};
use radiograph_input::{Augmentation, Colour, FilmPart, Filter, Fit, GrayValues, Normalisation};
use radiograph_protocol::{
    Cell, Clipping, Dropout, FoldStart, Keep, Method, OptimizerConfig, Quantity, Reading, Recurrence,
    Schedule, SequenceOrder, States, TestedModel,
};
use radiograph_weights::Architecture;
use serde::{Deserialize, Serialize};

use super::{EnsembleOver, none_if_off, or_off};

/// Input of the networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSection {
    /// Side of the square input, in pixels.
    pub size: u32,
    /// Colour mode.
    pub colour: Colour,
    /// Part of the film that is seen.
    pub part: FilmPart,
    /// Distribution of gray values.
    pub gray_values: GrayValues,
    /// Way in which a picture becomes square.
    pub fit: Fit,
    /// Resampling filter; `false`: the one in the weights' record, else bilinear.
    #[serde(with = "or_off")]
    pub filter: Option<Filter>,
    /// Normalisation of pixel values; `false`: the one in the weights' record.
    #[serde(with = "or_off")]
    pub normalisation: Option<Normalisation>,
    /// Random movement of augmented copies; `false`: no copies.
    #[serde(with = "or_off")]
    pub augmentation: Option<Augmentation>,
    /// Number of augmented copies of each training image, drawn once; each epoch uses one of them.
    pub augmented_copies: u32,
}

/// The head that reads the feature map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadSection {
    /// Step from the map to the vector that the dense layers see.
    pub reading: ReadingKind,
    /// Order in which the cells of the map form the sequence.
    pub sequence_order: SequenceOrder,
    /// Recurrent cell.
    pub cell: Cell,
    /// Number of recurrent layers.
    pub recurrent_layers: i64,
    /// Whether each recurrent layer also reads its sequence from the end.
    pub bidirectional: bool,
    /// Dropout in training.
    #[serde(with = "or_off")]
    pub dropout: Option<Dropout>,
    /// Batch normalisation after the recurrent and the dense layers.
    pub batch_norm: bool,
    /// Sizes of the layers, by network.
    pub layers: BTreeMap<Architecture, Layers>,
}

/// The step from the map to the vector that the dense layers see. The settings of recurrent layers apply to the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReadingKind {
    /// Hidden states of the last recurrent layer at all steps.
    AllStates,
    /// Its hidden state at the last step.
    LastState,
    /// Mean over the map, weighted by attention.
    Attention,
    /// Mean over the map.
    Mean,
    /// The map itself.
    Flatten,
}

impl HeadSection {
    /// The reading with this number of units.
    pub(super) fn reading(&self, units: i64) -> Reading {
        let states = |states| {
            Reading::Recurrent(Recurrence {
                layers: self.recurrent_layers,
                bidirectional: self.bidirectional,
                states,
                ..Recurrence::new(self.sequence_order, self.cell, units)
            })
        };
        match self.reading {
            ReadingKind::AllStates => states(States::All),
            ReadingKind::LastState => states(States::Last),
            ReadingKind::Attention => Reading::Attention { units },
            ReadingKind::Mean => Reading::GlobalAverage,
            ReadingKind::Flatten => Reading::Flatten,
        }
    }
}

/// The sizes of a head's layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// Number of recurrent units of each direction, or of units of the attention.
    pub units: i64,
    /// Widths of the hidden dense layers.
    pub dense: Vec<i64>,
}

/// Training of the heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSection {
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// Learning-rate schedule.
    pub schedule: Schedule,
    /// Gradient clipping.
    #[serde(with = "or_off")]
    pub clipping: Option<Clipping>,
    /// Number of samples per step.
    pub batch_size: usize,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Number of epochs without improvement of the validation loss before early stopping.
    #[serde(with = "or_off")]
    pub patience: Option<usize>,
    /// Epoch whose weights a fold keeps.
    pub kept_weights: Keep,
    /// Class weights in the loss, in inverse proportion to the number of training samples.
    pub class_weights: bool,
    /// Share of the target that all classes divide among them.
    pub label_smoothing: f64,
    /// Number of samples that are shuffled together while features are read shard after shard.
    #[serde(with = "or_off")]
    pub shuffle_buffer: Option<usize>,
    /// Least number of seconds between two checkpoints.
    pub checkpoint_seconds: u64,
    /// Number of folds of the cross-validation.
    pub folds: usize,
    /// Initial weights of each fold.
    pub fold_start: FoldStart,
    /// Model that is tested.
    pub tested_model: TestedModel,
    /// Number of trainings of each head, with other first weights, order of samples and dropout, on the same split.
    pub seeds: usize,
    /// Ensembles that are tested as models of their own. In a file, `false` means none.
    #[serde(deserialize_with = "none_if_off")]
    pub ensembles: Vec<EnsembleOver>,
}

/// Criterion for the recommended network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BestBy {
    /// Accuracy on the test part, as in the paper's Algorithm 1. The score of a model that is chosen on the test part is
    /// optimistic.
    TestAccuracy,
    /// Mean over folds of the validation macro AUC; ties go to the head with fewer parameters.
    ValidationMacroAuc,
}

/// Scores, intervals and tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSection {
    /// Number of bootstrap resamples per interval.
    pub bootstrap_replicates: u32,
    /// Number of permutations per paired test.
    pub permutations: u32,
    /// Confidence level of the intervals, 0 to 1.
    pub confidence_level: f64,
    /// Significance level of the tests, 0 to 1.
    pub significance_level: f64,
    /// Criterion for the recommended network.
    pub best_by: BestBy,
}

/// Audit for shortcuts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSection {
    /// Number of permutations of test labels behind a p-value.
    pub permutations: u32,
    /// Number of bootstrap resamples behind an interval.
    pub replicates: u32,
    /// Number of refits of each probe with permuted labels.
    pub controls: u32,
    /// Shares of the picture's area that are blacked out from the centre, beside the half that decides.
    pub blacked_out: Vec<f64>,
    /// Maximum number of test images that are changed and put through the trained model; 0: none.
    pub changed_images: usize,
    /// Folder of lung masks; `false`: lungs are estimated.
    #[serde(with = "or_off")]
    pub lung_masks: Option<PathBuf>,
}

/// Explanations of test images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplanationSection {
    /// Explanation method.
    pub method: Method,
    /// Explained quantity of the predicted class.
    pub quantity: Quantity,
    /// Number of explained test images per class; 0: none.
    pub images_per_class: usize,
}

/// Devices, threads and memory. Another device or number of threads changes the last bits of the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeSection {
    /// Device: `cpu`, `cuda:0`, …
    pub device: String,
    /// Further devices, such as the other half of a K80 board, for extraction and, with compute.parallel_trainings above 1, for training.
    pub more_devices: Vec<String>,
    /// Number of threads; 0: one per core.
    pub threads: usize,
    /// Number of trainings side by side, each with one thread; 1: one after another, each with all threads.
    pub parallel_trainings: usize,
    /// Maximum device memory for features during training, in bytes.
    pub resident_bytes: u64,
    /// Number format in which frozen networks compute.
    pub arithmetic: Arithmetic,
    /// Number format of stored features.
    pub feature_precision: Element,
    /// Folder of feature stores that several runs share; `false`: `features` in the run folder.
    #[serde(with = "or_off")]
    pub feature_stores: Option<PathBuf>,
}

/// The data and its split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Folder that holds the collections.
    pub folder: PathBuf,
    /// Classes, in the order of tables and figures.
    pub classes: Vec<String>,
    /// Views that are kept.
    pub views: KeptViews,
    /// Kind of split.
    pub split: Kind,
    /// Share of the images in the test part, 0 to 1.
    pub test_share: f64,
    /// Removal of duplicate pictures: only one image of each picture is kept.
    pub one_per_picture: bool,
    /// Maximum number of images per patient.
    #[serde(with = "or_off")]
    pub max_per_patient: Option<usize>,
    /// Maximum number of images per class; never more than the smallest class has.
    #[serde(with = "or_off")]
    pub max_per_class: Option<usize>,
    /// Field by which the classes are balanced, for example equal class sizes in each age band.
    #[serde(with = "or_off")]
    pub balance_by: Option<BalancedBy>,
    /// Numbers of images by class, collection and origin.
    pub quotas: Vec<Quota>,
    /// Ages that are kept, in completed years; `false`: all.
    #[serde(with = "or_off")]
    pub ages: Option<KeptAges>,
    /// Licences that are kept, in the publishers' words; images of unknown licence are left out. `false`: all.
    #[serde(with = "or_off")]
    pub licences: Option<BTreeSet<String>>,
    /// Collection that is the test part, in place of the share `test_share`.
    #[serde(with = "or_off")]
    pub test_source: Option<SourceName>,
    /// Search for crops of other pictures.
    pub search_crops: bool,
    /// Names of images and patients in the results.
    pub identifiers: KeptIdentifiers,
    /// File of the key of pseudonyms; `false`: the user's key.
    #[serde(with = "or_off")]
    pub key_file: Option<PathBuf>,
}

/// Names of images and patients in the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptIdentifiers {
    /// Pseudonyms.
    Pseudonyms,
    /// The names of files and the patient numbers of the collections.
    Kept,
}

/// Ages that are kept, in completed years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptAges {
    /// Lowest age.
    pub from: u16,
    /// Highest age.
    pub to: u16,
    /// Whether images of unknown age are kept.
    pub unknown: bool,
}

/// Views that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptViews {
    /// All views.
    Any,
    /// All but lateral views and CT slices; unknown views are kept.
    Frontal,
    /// Posteroanterior views only; unknown views are left out.
    PaOnly,
}
