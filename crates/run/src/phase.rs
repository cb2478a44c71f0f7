//! The phases of a plan: the tasks of one phase can all run at once.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// A phase of a plan. Its tasks need only tasks of earlier phases.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Phase {
    /// Extraction of features, by network and part.
    Extract,
    /// Folds that start independently.
    Folds,
    /// Folds of this number, from 1, which continue the fold before.
    ChainedFold(usize),
    /// Tested models, and linear probes.
    Tested,
    /// Ensembles.
    Average,
    /// Explanations of test images.
    Explain,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extract => formatter.write_str("extract"),
            Self::Folds => formatter.write_str("folds"),
            Self::ChainedFold(number) => write!(formatter, "fold-{number}"),
            Self::Tested => formatter.write_str("tested"),
            Self::Average => formatter.write_str("average"),
            Self::Explain => formatter.write_str("explain"),
        }
    }
}

/// A text that names no phase.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is no phase; write extract, folds, fold-2, tested, average or explain")]
#[non_exhaustive]
pub struct NoPhase {
    /// Text given.
    pub text: String,
}

impl FromStr for Phase {
    type Err = NoPhase;

    fn from_str(text: &str) -> Result<Self, NoPhase> {
        let named = [Self::Extract, Self::Folds, Self::Tested, Self::Average, Self::Explain];
        let chained = || text.strip_prefix("fold-")?.parse().ok().map(Self::ChainedFold);
        let found = named.into_iter().find(|phase| phase.to_string() == text).or_else(chained);
        found.ok_or_else(|| NoPhase { text: text.chars().take(40).collect() })
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
