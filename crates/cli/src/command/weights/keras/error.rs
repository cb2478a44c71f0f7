//! Why a file of Keras cannot be converted.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A file of Keras that cannot become weights of a network.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KerasError {
    #[error(
        "{path}: holds no names of layers, so nothing tells what its weights are; save the model as .h5 (Keras 3's .weights.h5 \
         keeps no usable names)", path = path.display()
    )]
    NoLayerNames { path: PathBuf },

    #[error("{path}: {reason}; give the file of this network that Keras wrote", path = path.display())]
    OtherLayers { path: PathBuf, reason: String },

    #[error("{path}: cannot be read as HDF5: {reason}; fetch or save the file again", path = path.display())]
    Unreadable { path: PathBuf, reason: String },

    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },

    #[error("{path}: {reason}; free the disk or choose another folder", path = path.display())]
    Write { path: PathBuf, reason: String },
}

impl KerasError {
    /// For `map_err`: adds the path to an I/O error.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// For `map_err`: adds the path to an error of the reader.
    pub(super) fn unreadable(path: &Path) -> impl Fn(hdf5_pure::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Unreadable { path: path.clone(), reason: error.to_string() }
    }

    pub(super) fn other(path: &Path, reason: impl Into<String>) -> Self {
        Self::OtherLayers { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn unknown(path: &Path, name: &str) -> Self {
        Self::other(path, format!("the network has no {name}"))
    }

    pub(super) fn misshapen(path: &Path, name: &str, stored: &[usize], expected: &[usize]) -> Self {
        Self::other(path, format!("{name} is stored as {stored:?}, which does not become {expected:?}"))
    }
}
