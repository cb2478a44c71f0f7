//! Identifies the weights of a backbone. Everything computed with the backbone carries this identity.

use std::fmt;

use radiograph_files::ContentHash;
use radiograph_weights::Architecture;

/// Origin of a backbone's weights. Random weights are always marked as random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// A file.
    File {
        /// The SHA-256 of its content.
        sha256: ContentHash,
    },
    /// Drawn from a seed.
    Random {
        /// The network they were drawn for.
        architecture: Architecture,
        /// The seed.
        seed: u64,
    },
    /// Tensors that the caller gave.
    Tensors {
        /// The SHA-256 of their names, shapes and values.
        sha256: ContentHash,
    },
}

impl Identity {
    /// Whether the weights are random, so that nothing was learned.
    pub const fn is_random(&self) -> bool {
        matches!(self, Self::Random { .. })
    }

    /// A hash that differs for different weights. For random weights it is the SHA-256 of their name, which is the hash
    /// of no file of weights.
    pub fn content_hash(&self) -> ContentHash {
        match self {
            Self::File { sha256 } | Self::Tensors { sha256 } => *sha256,
            Self::Random { architecture, seed } => {
                ContentHash::of_bytes(format!("random:{seed} {architecture}").as_bytes())
            }
        }
    }
}

impl fmt::Display for Identity {
    /// Writes `random:SEED`, or `sha256:` and 64 digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { sha256 } | Self::Tensors { sha256 } => write!(formatter, "sha256:{sha256}"),
            Self::Random { seed, .. } => write!(formatter, "random:{seed}"),
        }
    }
}
