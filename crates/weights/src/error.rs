//! What can be wrong with weights, or with what is asked of them.

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
    /// Installed weights are not what they were.
    #[error(
        "{}: has SHA-256 {found}, and {expected} was installed",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// What was recorded when it was installed.
        expected: ContentHash,
        /// What it is now.
        found: ContentHash,
    },
    /// An unknown network.
    #[error(transparent)]
    Architecture(#[from] UnknownArchitecture),
    /// The file was written to after it had been checked.
    #[error("{}: the values of {name} changed while the file was in use; load it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The tensor whose values are others now.
        name: String,
    },
    /// Another content than a name stands for.
    #[error(
        "{}: has SHA-256 {found}, and {name} is {expected}; give the right file, choose another name such as {}.mine, or \
         add --replace if the new content is wanted", path.display(), name.architecture()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// The name it was to be installed under.
        name: WeightsName,
        /// What the record or the lock file says.
        expected: ContentHash,
        /// What the file is.
        found: ContentHash,
    },
    /// The system refused to read or write a file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that is no safetensors file.
    #[error("{}: no safetensors file that can be read: {}; fetch or convert it again", path.display(), headers_in_words(.faults))]
    Header {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong with it.
        faults: Vec<HeaderFault>,
    },
    /// A file that does not say how its network computes.
    #[error(
        "{}: does not say whose lineage it is, and nothing else does; convert it with docs/convert_weights.py, or install it \
         under the name of the published weights that it is", path.display()
    )]
    Lineage {
        /// The file.
        path: PathBuf,
    },
    /// A text in a file's `__metadata__` that cannot be used.
    #[error("{}: `{value}` is no {key}; docs/weights.md lists what it may be", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// A text that names no weights.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Neither variable that says where caches lie is set.
    #[error("neither XDG_CACHE_HOME nor HOME is set, so there is no place for weights; set one of them")]
    NoHome,
    /// A tensor was asked for that the file does not have.
    #[error("{}: holds no tensor {name}; ask for one that it holds", path.display())]
    NotHeld {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        name: String,
    },
    /// Nothing is installed under this name.
    #[error("{name} is not installed in {}", folder.display())]
    NotInstalled {
        /// The name.
        name: WeightsName,
        /// Where it would be.
        folder: PathBuf,
    },
    /// A file that says it is for another network.
    #[error("{}: says that it is for {found}, and {asked} was asked for; give the file that belongs to it", path.display())]
    OtherArchitecture {
        /// The file.
        path: PathBuf,
        /// The network it was to be used for.
        asked: Architecture,
        /// The network it is for.
        found: Architecture,
    },
    /// The system refused to give a file's content.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record or the lock file cannot be used.
    #[error("{}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
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
        /// What explains most of the faults, if anything does.
        hint: Option<Hint>,
        /// Everything that is wrong.
        faults: Vec<Fault>,
    },
}
