//! Errors of the stages that need libtorch, of predictions and of external tests.

use std::path::PathBuf;

use radiograph_backbone::{BackboneError, extraction::ExtractionError};
use radiograph_dataset::{DatasetError, manifest::ManifestError, source::SourceError};
use radiograph_features::FeatureError;
use radiograph_files::FileError;
use radiograph_gradcam::GradcamError;
use radiograph_image::ImageError;
use radiograph_libtorch::{DeviceError, first_line};
use radiograph_weights::WeightsError;

/// Error of a pipeline. Errors of the crates below are included unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Settings, run folders, and stages that need no libtorch.
    #[error(transparent)]
    Run(#[from] radiograph_run::Error),
    /// The image file has changed since its features were stored.
    #[error("{} has changed since its features were extracted", path.display())]
    Changed {
        /// The image.
        path: PathBuf,
    },
    /// Images.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Frozen networks.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// Extraction of features.
    #[error(transparent)]
    Extraction(#[from] ExtractionError),
    /// Heads and their training.
    #[error(transparent)]
    Head(#[from] radiograph_head::Error),
    /// Explanations.
    #[error(transparent)]
    Gradcam(#[from] GradcamError),
    /// Devices.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// Conversions of errors that also belong to [`radiograph_run::Error`].
macro_rules! from_run {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Run(error.into())
            }
        })+
    };
}
from_run!(
    DatasetError,
    ManifestError,
    SourceError,
    FeatureError,
    FileError,
    WeightsError,
    radiograph_classes::Error,
    radiograph_metrics::Error,
    radiograph_protocol::ProtocolError,
);

impl Error {
    pub(crate) fn config(key: &str, reason: impl Into<String>) -> Self {
        radiograph_run::Error::config(key, reason).into()
    }

    pub(crate) fn libtorch(error: &tch::TchError) -> Self {
        radiograph_head::Error::Libtorch { reason: first_line(error) }.into()
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        radiograph_run::Error::damaged(path, reason).into()
    }

    /// Whether the watcher stopped the run.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Run(radiograph_run::Error::Interrupted { .. }))
    }
}
