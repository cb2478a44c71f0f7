//! A run: one [`Config`], one [`RunFolder`], and the stages that need no libtorch.
//!
//! [`Run`] assembles data, evaluates trained models and writes the report. Extraction, training and explanation belong to the
//! crate `radiograph`, which works on the same run folder.
//!
//! ```no_run
//! use std::{ops::ControlFlow, path::Path};
//!
//! use radiograph_run::{Config, Progress, Run};
//!
//! let config = Config::resolve(Some("data.folder = 'my x-rays'"), &["seed=3".to_owned()])?;
//! let mut watch = |progress: Progress<'_>| {
//!     println!("{progress:?}");
//!     ControlFlow::Continue(())
//! };
//! let manifest = Run::open(config, Path::new("runs/first"), &mut watch)?.assemble()?;
//! println!("{} test images", manifest.test().count());
//! # Ok::<(), radiograph_run::Error>(())
//! ```

mod array_job;
mod audited;
pub mod config;
mod cost;
mod difference;
mod error;
mod explained;
mod folder;
mod frozen_record;
mod identifiers;
mod in_full;
mod json;
mod labelled;
mod looked;
mod phase;
mod plan;
mod plan_error;
mod precision;
mod pretrained;
mod progress;
mod run;
mod scoring;
pub mod settings;
mod stage;
mod stamp;
mod task;
mod training_record;
mod unsearched;

pub use array_job::{ArrayJobError, Share, job_cores, usable_cores};
pub use config::{Config, Ensemble, EnsembleOver, ModelKind, ScoredModel};
pub use cost::{Clock, Cost, StageCost};
pub use error::Error;
pub use explained::Explained;
pub use folder::RunFolder;
pub use frozen_record::FrozenRecord;
pub use in_full::{HeadAway, InFull};
pub use json::{read_json, write_json};
pub use labelled::labelled_images;
pub use looked::{ChangedImage, Looked, LookedImage, PlacedEvidence};
pub use phase::{NoPhase, Phase};
pub use plan::{Plan, Task, TaskClaim, TaskMark, Work};
pub use plan_error::PlanError;
pub use precision::{ClassPrecision, TestPrecision};
pub use pretrained::pretrained_films;
pub use progress::{Progress, Stage, Watcher};
pub use radiograph_audit::{Audit, External, LeftOut, Place, Pointer, Verdict};
pub use radiograph_protocol::{Baseline, Preset};
pub use radiograph_report::{Spread, SpreadOver, SpreadScore, SpreadValue};
pub use run::Run;
pub use scoring::{
    Best, Candidate, Comparisons, FoldValidation, ModelEvaluation, bootstrap, read_predictions,
};
pub use stage::{Evaluated, Split, TEST_PREDICTIONS, no_collection, watched};
pub use stamp::{Inputs, Stamp};
pub use task::{TrainingPart, TrainingTask};
pub use training_record::{EnsembleRecord, ProbeRecord, TrainedFold, TrainingRecord};
pub use unsearched::Unsearched;
