//! The sections of a config. Their values come from a preset (`super::preset`), their limits from `super::check`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use radiograph_dataset::{
    SourceName,
    balance::BalancedBy,
    preprocess::{Augmentation, Colour, Filter, Fit, Normalisation},
    split::Kind,
};
use radiograph_gradcam::{Method, Quantity};
use radiograph_head::{
    Architecture, Cell, Clipping, Dropout, FoldStart, Keep, RmsProp, Schedule, SequenceOrder, TestedModel,
};
use serde::{Deserialize, Serialize};

use super::or_off;

/// What a network sees of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSection {
    /// Pixels a side.
    pub size: u32,
    /// Gray or colour.
    pub colour: Colour,
    /// How a picture becomes square.
    pub fit: Fit,
    /// How pixels are resampled; `false`: as the record of the weights says, bilinear if that is open.
    #[serde(with = "or_off")]
    pub filter: Option<Filter>,
    /// How values are scaled; `false`: as the record of the weights says.
    #[serde(with = "or_off")]
    pub normalisation: Option<Normalisation>,
    /// How copies of training images are moved; `false`: there are none.
    #[serde(with = "or_off")]
    pub augmentation: Option<Augmentation>,
    /// Moved copies of each training image, drawn once and kept, of which each epoch uses one.
    pub variants: u32,
}

/// What reads the feature map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadSection {
    /// In which order the cells of the map come.
    pub order: SequenceOrder,
    /// What reads them.
    pub cell: Cell,
    /// What is dropped in training.
    #[serde(with = "or_off")]
    pub dropout: Option<Dropout>,
    /// Batch normalisation after the recurrent and the dense layers.
    pub batch_norm: bool,
    /// Sizes, by network.
    pub layers: BTreeMap<Architecture, Layers>,
}

/// The sizes of a head's layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// The length of the recurrent state.
    pub units: i64,
    /// The widths of the hidden dense layers.
    pub dense: Vec<i64>,
}

/// How heads are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSection {
    /// The optimiser.
    pub optimizer: RmsProp,
    /// Its learning rate.
    pub schedule: Schedule,
    /// Clipping of gradients.
    #[serde(with = "or_off")]
    pub clipping: Option<Clipping>,
    /// Samples a step.
    pub batch: usize,
    /// At most this many passes over the training samples.
    pub epochs: usize,
    /// Stop after this many epochs without gain in validation loss.
    #[serde(with = "or_off")]
    pub patience: Option<usize>,
    /// Which weights a fold ends with.
    pub keep: Keep,
    /// Whether classes count in the loss in inverse proportion to their training samples.
    pub class_weights: bool,
    /// Epochs from one checkpoint to the next.
    pub checkpoint_every: usize,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// How folds begin.
    pub fold_start: FoldStart,
    /// Which model is tested.
    pub tested: TestedModel,
}

/// What makes a network the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BestBy {
    /// Accuracy on the test part, as the paper's Algorithm 1: what is chosen on the test part looks better than it is.
    TestAccuracy,
    /// The mean over folds of the macro AUC on validation samples; of equals, the head with fewer parameters.
    ValidationMacroAuc,
}

/// How scores are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSection {
    /// Resamples of patients for each interval.
    pub bootstrap_replicates: u32,
    /// Exchanges for each permutation test.
    pub permutations: u32,
    /// What intervals cover, 0 to 1.
    pub level: f64,
    /// P-values below this are called a difference.
    pub significance: f64,
    /// What makes a network the best.
    pub best_by: BestBy,
}

/// Which images are explained, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplanationSection {
    /// How maps are made.
    pub method: Method,
    /// Which number of a class they explain.
    pub quantity: Quantity,
    /// Test images of each class; 0 explains nothing.
    pub images_per_class: usize,
}

/// What computes. Other devices and other numbers of threads give other last bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeSection {
    /// `cpu`, `cuda:0`, …
    pub device: String,
    /// Further devices that extract features, such as the other half of a K80 board.
    pub more_devices: Vec<String>,
    /// Threads; 0 takes as many as there are cores.
    pub threads: usize,
    /// Bytes of the device's memory that features may occupy while a head is trained.
    pub resident_features: u64,
    /// The folder of feature stores, shared between runs; `false`: `features` in the run's folder.
    #[serde(with = "or_off")]
    pub feature_stores: Option<PathBuf>,
}

/// Which images, and how they are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// The folder that holds the collections, or folders of them.
    pub folder: PathBuf,
    /// The classes, in the order of tables and figures.
    pub classes: Vec<String>,
    /// Which views are kept.
    pub views: KeptViews,
    /// How images are divided: `grouped`, `image-level` or `image-level-with-augmented`.
    pub split: Kind,
    /// Share of the images that are held back for the test.
    pub test: f64,
    /// Whether only one image of every picture is used.
    pub one_per_picture: bool,
    /// At most so many images of a patient.
    #[serde(with = "or_off")]
    pub per_patient: Option<usize>,
    /// At most so many images of a class; as many as the smallest class has, in any case.
    #[serde(with = "or_off")]
    pub per_class: Option<usize>,
    /// A recorded field at each value of which the classes are balanced too.
    #[serde(with = "or_off")]
    pub balance_by: Option<BalancedBy>,
    /// Ages that are kept; `false`: all.
    #[serde(with = "or_off")]
    pub ages: Option<KeptAges>,
    /// Licences that are kept, in the publishers' words; an image without one leaves. `false`: all.
    #[serde(with = "or_off")]
    pub licences: Option<BTreeSet<String>>,
    /// The collection that is tested on while all others are trained on, in place of the share `test`.
    #[serde(with = "or_off")]
    pub test_source: Option<SourceName>,
}

/// Which ages are kept, in completed years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptAges {
    /// The youngest.
    pub from: u16,
    /// The oldest.
    pub to: u16,
    /// Whether images stay whose age is not known well enough to say.
    pub unknown: bool,
}

/// Which views are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptViews {
    /// All.
    Any,
    /// Not lateral views and CT slices; views that nobody recorded stay.
    Frontal,
    /// Posteroanterior views only; views that nobody recorded leave.
    PaOnly,
}
