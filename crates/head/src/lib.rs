//! From the feature map of a frozen network to a class: the map is read as a sequence by a recurrent cell, dense layers
//! name the class; and the training of all that.
//!
//! Not here: the frozen network, images, scores and explanations. Features come through [`Features`], as numbers in
//! somebody's buffer; the network that made them is never run in training.

mod cell;
mod config;
mod data;
mod error;
mod head;
mod kept;
mod optimizer;
mod order;
mod parameters;
mod preset;
mod probabilities;
mod protocol;
mod random;
mod training;

pub use cell::{Cell, OutputGate};
pub use config::{Dropout, DropoutPlace, FeatureShape, HeadConfig, Reading};
pub use data::{Features, Feed, InMemory, ReadError, Samples, StoredFeatures};
pub use error::Error;
pub use head::{Head, Mode, Step};
pub use kept::{Model, ModelRecord};
pub use optimizer::{Clipping, Optimizer, RmsProp, RmsPropForm, Schedule};
pub use order::SequenceOrder;
pub use parameters::{Parameter, Parameters, Role};
pub use preset::{Preset, Tested};
pub use probabilities::ClassProbabilities;
pub use protocol::{
    Cohort, FoldRecord, LabelledImage, Protocol, ProtocolRecord, Stage, Subset, TestedModel, TrainingProgress,
};
pub use radiograph_weights::Architecture;
pub use training::{
    CrossEntropy, End, EpochRecord, Event, Fit, Fitted, Fold, FoldStart, Gradients, History, Keep, Observer,
    Scores, TrainingConfig, Trainings, median_best_epoch,
};
