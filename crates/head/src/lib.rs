//! Builds, trains and applies heads: classifiers that turn the feature map of a frozen network into class
//! probabilities.
//!
//! [`ConfiguredHead`] reads the map, usually as a sequence by a recurrent cell, and dense layers name the class. Features come through [`Features`];
//! training never runs the network that computed them. Settings and records are plain data of `radiograph-protocol`,
//! re-exported here.
//!
//! ```no_run
//! use radiograph_classes::Classes;
//! use radiograph_head::{Architecture, ConfiguredHead, FeatureShape, Head, Mode, Preset};
//! use radiograph_libtorch::Device;
//!
//! // The paper's head for VGG19: an LSTM of 512 units reads 49 cells, two dense layers of 4096 follow.
//! let classes = Classes::new(["covid", "normal", "pneumonia"])?;
//! let shape = FeatureShape { channels: 512, height: 7, width: 7 };
//! let config = Preset::Paper.head(Architecture::VGG19, shape, &classes);
//! assert_eq!(config.trained_parameters()?, 121_657_347);
//!
//! let head = ConfiguredHead::new(config, 1, Device::CPU)?;
//! let features = tch::Tensor::rand([2, 512, 7, 7], tch::kind::FLOAT_CPU);
//! let logits = head.forward(&features, Mode::Evaluate)?; // [2, 3]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Fit`] trains one head, ours or any other [`Head`], on [`Samples`] of a [`Feed`]. [`Trainings`] trains the folds of a cross-validation.
//! [`run_protocol`] runs everything that a preset requires. A killed training resumes from its checkpoints.

mod configured;
mod data;
mod dense_tail;
mod error;
mod gradient;
mod head;
mod kept;
mod layers;
mod optimizer;
mod order;
mod parameters;
mod probabilities;
mod protocol;
mod reader;
mod recurrent;
mod sums;
mod training;

pub use configured::ConfiguredHead;
pub use data::{Features, Feed, InMemory, ReadError, Samples, StoredFeatures};
pub use dense_tail::{DenseTail, TailLayer};
pub use error::Error;
pub use gradient::Gradient;
pub use head::{Head, Mode, Step};
pub use kept::Model;
pub use optimizer::Optimizer;
pub use order::{to_map, to_sequence};
pub use parameters::{Parameter, Parameters};
pub use probabilities::ClassProbabilities;
pub use protocol::{
    Stage, TrainingProgress, finished_protocol, run_protocol, train_fold, write_test_predictions,
};
pub use radiograph_protocol::{
    Adam, Architecture, Cell, Clipping, Cohort, Dropout, DropoutPlace, EpochRecord, FeatureShape, Fold,
    FoldRecord, FoldStart, HeadConfig, HeadTensor, History, Initial, Keep, LabelledImage, ModelRecord,
    OptimizerConfig, OutputGate, Preset, Protocol, ProtocolError, ProtocolRecord, Reading, Recurrence,
    RmsProp, RmsPropForm, Role, Schedule, Scores, SequenceOrder, Sgd, States, Subset, Tested, TestedModel,
    TrainingConfig, median_best_epoch,
};
pub use training::{CrossEntropy, End, Event, Fit, Fitted, Gradients, Observer, Trainings};
