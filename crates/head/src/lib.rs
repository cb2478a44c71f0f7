//! From the feature map of a frozen network to a class: the map is read as a sequence by a recurrent cell, dense layers
//! name the class; and the training of all that.
//!
//! Not here: the frozen network, images, scores and explanations. Features come through [`Features`], as numbers in
//! somebody's buffer; the network that made them is never run in training.
//!
//! ```no_run
//! use radiograph_classes::Classes;
//! use radiograph_head::{Architecture, FeatureShape, Head, Mode, Preset};
//! use radiograph_libtorch::Device;
//!
//! // The paper's head for VGG19: an LSTM of 512 units reads 49 cells, two dense layers of 4096 follow.
//! let classes = Classes::new(["covid", "normal", "pneumonia"])?;
//! let shape = FeatureShape { channels: 512, height: 7, width: 7 };
//! let config = Preset::Paper.head(Architecture::Vgg19, shape, &classes);
//! assert_eq!(config.trained_parameters()?, 121_657_347);
//!
//! let head = Head::new(config, 1, Device::CPU)?;
//! let features = tch::Tensor::rand([2, 512, 7, 7], tch::kind::FLOAT_CPU);
//! let logits = head.forward(&features, Mode::Evaluate)?; // [2, 3]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Fit`] trains one head on [`Samples`] of a [`Feed`], [`Trainings`] the folds of a cross-validation, and a [`Protocol`] all
//! that a preset asks for, with checkpoints from which a killed training goes on.

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
