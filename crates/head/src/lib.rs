#![doc = include_str!("../README.md")]

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
