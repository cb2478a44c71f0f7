//! Describes trainings and explanations as plain data: settings, cohorts, presets, and the records of finished
//! trainings.
//!
//! This crate computes nothing with tensors and does not link libtorch. `radiograph-head` trains what is described
//! here, and `radiograph-gradcam` explains it. Configurations and reports need only this crate.
//!
//! ```
//! use radiograph_classes::Classes;
//! use radiograph_protocol::{Architecture, FeatureShape, Preset};
//!
//! // The paper's head for VGG19: an LSTM of 512 units reads 49 cells, two dense layers of 4096 follow.
//! let classes = Classes::new(["covid", "normal", "pneumonia"])?;
//! let shape = FeatureShape { channels: 512, height: 7, width: 7 };
//! let head = Preset::Paper.head(Architecture::VGG19, shape, &classes);
//! assert_eq!(head.trained_parameters()?, 121_657_347);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod baseline;
mod cell;
mod clipping;
mod cohort;
mod convergence;
mod difference;
mod error;
mod explanation;
mod fold;
mod head;
mod history;
mod layer_row;
mod layout;
mod model_record;
mod optimizer;
mod order;
mod preset;
mod protocol;
mod protocol_record;
mod reading;
mod record_file;
mod recurrence;
mod schedule;
mod shape;
mod step_cost;
mod training;

pub use baseline::Baseline;
pub use cell::{Cell, OutputGate};
pub use clipping::Clipping;
pub use cohort::{Cohort, LabelledImage, Subset};
pub use convergence::Convergence;
pub use difference::Difference;
pub use error::ProtocolError;
pub use explanation::{Method, Quantity};
pub use fold::{Fold, FoldStart};
pub use head::HeadConfig;
pub use history::{EpochRecord, History, Scores};
pub use layer_row::LayerRow;
pub use layout::{HeadTensor, Initial, Role};
pub use model_record::{ModelRecord, Versions, median_best_epoch};
pub use optimizer::{Adam, OptimizerConfig, RmsProp, RmsPropForm, Sgd};
pub use order::SequenceOrder;
pub use preset::{Preset, Tested};
pub use protocol::{Protocol, TestedModel};
pub use protocol_record::{FoldRecord, ProtocolRecord};
pub use radiograph_weights::Architecture;
pub use reading::{Dropout, DropoutPlace, Reading};
pub use record_file::{read_record, write_record};
pub use recurrence::{Direction, Recurrence, States};
pub use schedule::Schedule;
pub use shape::FeatureShape;
pub use step_cost::StepCost;
pub use training::{Keep, TrainingConfig, check_class_weights};
