//! Why a run does not go on.

use std::path::PathBuf;

use radiograph_backbone::{BackboneError, extraction::ExtractionError};
use radiograph_dataset::DatasetError;
use radiograph_features::FeatureError;
use radiograph_files::FileError;
use radiograph_gradcam::GradcamError;
use radiograph_libtorch::{DeviceError, first_line};
use radiograph_weights::WeightsError;

use crate::Stage;

/// What can go wrong in a run; each part's own errors pass through as they are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting: whoever wrote the config or the command line.
    #[error("setting {key}: {reason}")]
    Config {
        /// Its key, such as `training.epochs`.
        key: String,
        /// What is wrong, and what may be written.
        reason: String,
    },
    /// The run folder holds a run with other settings.
    #[error(
        "{} holds a run with {key} = {found}, but {expected} is asked for; give another folder, or the settings in its config.toml",
        path.display()
    )]
    OtherRun {
        /// The run folder.
        path: PathBuf,
        /// The first setting that differs.
        key: String,
        /// What is asked for.
        expected: String,
        /// What the folder's config.toml says.
        found: String,
    },
    /// Another process works in the run folder.
    #[error("{} is in use by another process; wait for it, or give another folder", path.display())]
    Busy {
        /// The run folder.
        path: PathBuf,
    },
    /// A file of the run folder that is not what this program writes.
    #[error("{} is damaged: {reason}; remove it and start again, which makes it anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An image that is not the one its features were made of.
    #[error("{} has changed since its features were made; run the stage `extract` again", path.display())]
    Changed {
        /// The image.
        path: PathBuf,
    },
    /// A file of the run folder that an earlier stage makes.
    #[error("{} is not there; run the stage `{stage}` first", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The stage that makes it.
        stage: Stage,
    },
    /// Whoever watches asked for the end.
    #[error("interrupted in the stage `{stage}`; the same command goes on from here")]
    Interrupted {
        /// Where.
        stage: Stage,
    },
    /// A class without images in a part that needs it.
    #[error("class {class} has no image in {part}; add images of it, or drop the class from data.classes")]
    EmptyClass {
        /// The class.
        class: String,
        /// Where it lacks.
        part: String,
    },
    /// Images that are no radiographs of this program's kind, or unreadable ones, left nothing to do.
    #[error("no image is left to work with: {reason}")]
    NoImage {
        /// Why.
        reason: String,
    },
    /// Data.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Feature stores.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// Weights of frozen networks.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Frozen networks.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// Extraction of features.
    #[error(transparent)]
    Extraction(#[from] ExtractionError),
    /// Heads and their training.
    #[error(transparent)]
    Head(#[from] radiograph_head::Error),
    /// Protocols of trainings and their records.
    #[error(transparent)]
    Protocol(#[from] radiograph_head::ProtocolError),
    /// Explanations.
    #[error(transparent)]
    Gradcam(#[from] GradcamError),
    /// Scores.
    #[error(transparent)]
    Metrics(#[from] radiograph_metrics::Error),
    /// The page.
    #[error(transparent)]
    Report(#[from] radiograph_report::Error),
    /// Devices.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// Class names.
    #[error(transparent)]
    Classes(#[from] radiograph_classes::Error),
}

impl Error {
    pub(crate) fn config(key: &str, reason: impl Into<String>) -> Self {
        Self::Config { key: key.to_owned(), reason: reason.into() }
    }

    pub(crate) fn libtorch(error: &tch::TchError) -> Self {
        radiograph_head::Error::Libtorch { reason: first_line(error) }.into()
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.into(), reason: reason.to_string() }
    }
}
