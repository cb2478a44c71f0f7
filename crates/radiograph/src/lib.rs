//! Trains and tests classifiers of chest X-rays, from folders of images to scores and explanations.
//!
//! This crate is the facade of the workspace. It re-exports every library crate ([`dataset`], [`image`], [`metrics`],
//! …) and joins them in the pipeline of Algorithm 1 of Al-Rakhami et al.: assemble, extract, train, evaluate, explain,
//! report. Each stage is public and works on one run folder ([`RunFolder`]) with one [`Config`].
//!
//! ```no_run
//! use std::{ops::ControlFlow, path::Path};
//!
//! use radiograph::{Config, Pipeline, Progress};
//!
//! let settings = "preset = 'trustworthy'\nbackbones = ['inception_v3']\ndata.folder = 'my x-rays'";
//! let config = Config::resolve(Some(settings), &["training.epochs=20".to_owned()])?;
//! let mut watch = |progress: Progress<'_>| {
//!     println!("{progress:?}");
//!     ControlFlow::Continue(())
//! };
//! let outcome = Pipeline::open(config, Path::new("runs/first"), &mut watch)?.run()?;
//! println!("recommended: {}", outcome.evaluated.best.model);
//! # Ok::<(), radiograph::Error>(())
//! ```

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
