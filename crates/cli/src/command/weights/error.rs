//! Errors in fetching or installing weights, each with a remedy.

use std::{io, path::PathBuf};

use radiograph_files::{ContentHash, FileError};
use radiograph_weights::{Architecture, WeightsError, WeightsName};

use super::keras::KerasError;

/// An error: one sentence about the fault, and one about the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FetchError {
    #[error("`{command}` could not be started ({source}); install it, or repair PATH")]
    Command { command: String, source: io::Error },

    #[error(
        "{name} is published as {url}, which must be converted first: fetch it, then run `python3 docs/convert_weights.py \
         FILE OUT.safetensors --architecture {architecture}` and `radiograph weights install {name} OUT.safetensors`"
    )]
    Convert { name: WeightsName, url: String, architecture: Architecture },

    #[error(
        "the file received from {url} has MD5 {got}, but its publisher states {stated}; run the command again, or fetch the \
         file elsewhere and run `radiograph weights install`"
    )]
    Original { url: String, stated: &'static str, got: String },

    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },

    #[error(
        "curl, which downloads files, was not found; install it (on Debian or Ubuntu: apt-get install curl), or fetch {url} \
         elsewhere and run `radiograph weights install`"
    )]
    NoCurl { url: String },

    #[error(
        "{url} could not be fetched in {attempts} attempts: {reason}; run the command again, which continues the transfer if \
         the server allows it, or fetch the file elsewhere and run `radiograph weights install`"
    )]
    Fetch { url: String, attempts: u32, reason: String },

    #[error(
        "{name} is not published as a file that can be fetched ({origin}); install your own file with `radiograph weights \
         install {name} FILE`"
    )]
    NoSource { name: WeightsName, origin: String },

    #[error(
        "the file received from {url} has SHA-256 {got}, but the server states {stated}; run the command again"
    )]
    Stated { url: String, stated: ContentHash, got: ContentHash },

    #[error(
        "{name} is not among the published weights ({known}); install your own file with `radiograph weights install {name} \
         FILE`"
    )]
    Unknown { name: WeightsName, known: String },

    #[error(transparent)]
    Keras(#[from] KerasError),

    #[error(transparent)]
    File(#[from] FileError),

    #[error(transparent)]
    Weights(#[from] WeightsError),
}

impl FetchError {
    /// For `map_err`: adds the path to an I/O error.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the machine is at fault, and not a name or a file.
    pub(crate) fn is_of_machine(&self) -> bool {
        matches!(
            self,
            Self::Command { .. }
                | Self::NoCurl { .. }
                | Self::Fetch { .. }
                | Self::Stated { .. }
                | Self::Original { .. }
        )
    }
}
