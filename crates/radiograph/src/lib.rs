//! From folders of chest X-rays to scores and explanations.
//!
//! The crates of this workspace stand alone; this one joins them into the pipeline of Algorithm 1 of Al-Rakhami et al.:
//! assemble, extract, train, evaluate, compare, explain, report. A run is a folder ([`RunFolder`]) that one [`Config`]
//! describes in full.
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
//! let outcome = Pipeline::new(config, Path::new("runs/first"), &mut watch)?.run()?;
//! println!("recommended: {:?}", outcome.best);
//! # Ok::<(), radiograph::Error>(())
//! ```

#![allow(clippy::result_large_err, reason = "a run fails once; the parts' errors carry what they know")]

pub mod config;
mod error;
mod external;
mod familiarity;
mod frozen;
mod pipeline;
mod predict;
mod progress;
mod run;
mod scoring;
mod shown;

pub use config::Config;
pub use error::Error;
pub use external::ExternalTest;
pub use familiarity::{Familiarity, STRANGE, Strangeness};
pub use frozen::Frozen;
pub use pipeline::{Explained, Outcome, Pipeline, file_name, labelled_images};
pub use predict::{Prediction, Predictor, Warning};
pub use progress::{Progress, Stage, Watcher};
pub use run::{Cost, RunFolder, StageCost};
pub use scoring::{Best, Candidate, Comparisons, FoldValidation, ModelEvaluation};
pub use shown::Shown;
