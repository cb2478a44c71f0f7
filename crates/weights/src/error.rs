//! Errors of weights files, and of requests for weights.

use std::{io, path::PathBuf};

use radiograph_files::{ContentHash, FileError};

use crate::{
    Architecture, Fault, HeaderFault, Hint, NameError, UnknownArchitecture, WeightsName,
    fault::{headers_in_words, in_words},
};

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Installed weights that have changed since their installation.
    #[error(
        "{}: has SHA-256 {found}, and {expected} was installed",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// SHA-256 recorded at the installation.
        expected: ContentHash,
        /// SHA-256 now.
        found: ContentHash,
    },
    /// An unknown network.
    #[error(transparent)]
    Architecture(#[from] UnknownArchitecture),
    /// A file that was changed after its check.
    #[error("{}: the values of {name} changed while the file was in use; load it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Tensor whose values changed.
        name: String,
    },
    /// A file whose content differs from the content recorded under its name.
    #[error(
        "{}: has SHA-256 {found}, and {name} is {expected}; give the right file, choose another name such as {}.mine, or \
         add --replace if the new content is wanted", path.display(), name.architecture()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// Name under which it should be installed.
        name: WeightsName,
        /// SHA-256 in the record or the lock file. Boxed, so that results of all crates above stay small.
        expected: Box<ContentHash>,
        /// SHA-256 of the file.
        found: ContentHash,
    },
    /// The system refused to read or write a file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that is not a valid safetensors file.
    #[error("{}: no safetensors file that can be read: {}; fetch or convert it again", path.display(), headers_in_words(.faults))]
    Header {
        /// The file.
        path: PathBuf,
        /// All faults of the header.
        faults: Vec<HeaderFault>,
    },
    /// A file that does not name its lineage, that is, how its network computes.
    #[error(
        "{}: does not say whose lineage it is, and nothing else does; convert it with docs/convert_weights.py, or install it \
         under the name of the published weights that it is", path.display()
    )]
    Lineage {
        /// The file.
        path: PathBuf,
    },
    /// An invalid text in a file's `__metadata__`.
    #[error("{}: `{value}` is no {key}; docs/weights.md lists what it may be", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// Text found there.
        value: String,
    },
    /// A text that names no weights.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Neither environment variable that gives a cache folder is set.
    #[error("neither XDG_CACHE_HOME nor HOME is set, so there is no place for weights; set one of them")]
    NoHome,
    /// A requested tensor that the file does not have.
    #[error("{}: holds no tensor {name}; ask for one that it holds", path.display())]
    NotHeld {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A file that is given as published weights, whose SHA-256 is known, and has another content.
    #[error(
        "{}: has SHA-256 {found}, and the publisher's file of {name} has {expected}; give the published file, or choose \
         another name such as {}.mine", path.display(), name.architecture()
    )]
    NotAsPublished {
        /// The file.
        path: PathBuf,
        /// Name under which it should be installed.
        name: WeightsName,
        /// SHA-256 that the publisher states.
        expected: Box<ContentHash>,
        /// SHA-256 of the file.
        found: ContentHash,
    },
    /// Nothing is installed under this name.
    #[error("{name} is not installed in {}", folder.display())]
    NotInstalled {
        /// The name.
        name: WeightsName,
        /// Folder of installed weights.
        folder: PathBuf,
    },
    /// A file whose metadata names another network.
    #[error("{}: says that it is for {found}, and {asked} was asked for; give the file that belongs to it", path.display())]
    OtherArchitecture {
        /// The file.
        path: PathBuf,
        /// Network requested.
        asked: Architecture,
        /// Network named in the file.
        found: Architecture,
    },
    /// The system refused to give a file's content.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A record or the lock file cannot be used.
    #[error("{}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Fault that was found.
        reason: String,
    },
    /// A file whose tensors are not those of the network.
    #[error(
        "{}: does not fit the network: {}{}; give the file that belongs to it",
        path.display(), .hint.as_ref().map(ToString::to_string).unwrap_or_default(), in_words(.faults)
    )]
    State {
        /// The file.
        path: PathBuf,
        /// Cause that explains most of the faults, if there is one.
        hint: Option<Hint>,
        /// All faults.
        faults: Vec<Fault>,
    },
}
