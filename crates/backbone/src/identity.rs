//! Which weights a backbone has: what everything made with it is named after.

use std::fmt;

use radiograph_files::ContentHash;
use radiograph_weights::Architecture;

/// Where a backbone's weights come from. Random weights never pass for others.
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

    /// A hash that is different for different weights. That of random weights is the SHA-256 of their name, which no file
    /// of weights has.
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
    /// `random:SEED`, else `sha256:` and 64 digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { sha256 } | Self::Tensors { sha256 } => write!(formatter, "sha256:{sha256}"),
            Self::Random { seed, .. } => write!(formatter, "random:{seed}"),
        }
    }
}
