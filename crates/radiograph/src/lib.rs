#![doc = include_str!("../README.md")]

mod device_check;
mod error;
mod external;
mod familiarity;
mod film;
mod frozen;
mod panel;
mod pipeline;
mod predict;
mod shown;
mod square;
mod threads;

pub use device_check::{CheckOutcome, CheckRecord, Checked, DeviceCheck, Floor, Measured};
pub use error::Error;
pub use external::ExternalTest;
pub use familiarity::{Familiarity, STRANGE, Strangeness};
pub use film::Film;
pub use frozen::Frozen;
pub use panel::file_name;
pub use pipeline::{Extracted, Outcome, Pipeline, TaskEnd, Trained};
pub use predict::{Explained, Prediction, Predictor, Warning};
pub use shown::Shown;
pub use square::lung_mask;

pub use radiograph_backbone as backbone;
pub use radiograph_classes as classes;
pub use radiograph_dataset as dataset;
pub use radiograph_features as features;
pub use radiograph_forensics as forensics;
pub use radiograph_gradcam as gradcam;
pub use radiograph_head as head;
pub use radiograph_image as image;
pub use radiograph_input as input;
pub use radiograph_libtorch as libtorch;
pub use radiograph_metrics as metrics;
pub use radiograph_onnx as onnx;
pub use radiograph_phantoms as phantoms;
pub use radiograph_probe as probe;
pub use radiograph_protocol as protocol;
pub use radiograph_report as report;
pub use radiograph_run as run;
pub use radiograph_same_picture as same_picture;
pub use radiograph_weights as weights;

pub use radiograph_run::{
    Audit, Best, Candidate, Comparisons, Config, Cost, EnsembleRecord, Evaluated, FoldValidation,
    ModelEvaluation, ModelKind, Phase, Plan, ProbeRecord, Progress, RunFolder, ScoredModel, Spread, Stage,
    StageCost, TrainingRecord, Unsearched, Watcher, labelled_images,
};
