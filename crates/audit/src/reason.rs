//! Reasons why the data cannot answer a probe.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Part;

/// Reason why a probe cannot tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// No image has the input of this probe.
    NoInput {
        /// Missing input: `metadata`, `pictures` or `features`.
        what: String,
    },
    /// All images come from one source, or fewer than two sources of a class have at least two clusters in each part.
    OneSource {
        /// The class; none for all images.
        class: Option<String>,
    },
    /// A class has too few clusters.
    TooFewClusters {
        /// The class.
        class: String,
        /// The part.
        part: Part,
        /// Number of its clusters there.
        clusters: usize,
    },
    /// The source that is left out has fewer than two classes with at least two clusters.
    OneClassThere {
        /// The class that has; `None` if none has.
        class: Option<String>,
    },
    /// Fewer than two classes have at least two clusters both at the source that is left out and among the training images of
    /// the other sources.
    NotElsewhere,
    /// The probe could not be fitted.
    NotFitted {
        /// What the linear probe said.
        because: String,
    },
    /// Too few clusters to know what chance looks like.
    NoChance,
    /// The AUC or its interval is undefined.
    NoInterval,
    /// The test part is too small.
    NoPower {
        /// Smallest AUC that it could have shown.
        detectable: f64,
    },
    /// Not found, but the interval does not exclude a medium effect.
    Between {
        /// Upper end.
        high: f64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInput { what } => write!(formatter, "no {what}"),
            Self::OneSource { class: None } => write!(formatter, "all images come from one source"),
            Self::OneSource { class: Some(class) } => {
                write!(
                    formatter,
                    "fewer than two sources of {class} have two clusters in training and in test"
                )
            }
            Self::TooFewClusters { class, part, clusters } => {
                let part = if *part == Part::Training { "training" } else { "test" };
                let plural = if *clusters == 1 { "" } else { "s" };
                write!(formatter, "{class} has {clusters} cluster{plural} in {part}; at least 2 are needed")
            }
            Self::OneClassThere { class: Some(class) } => {
                write!(formatter, "{class} is its only class with at least two clusters")
            }
            Self::OneClassThere { class: None } => write!(formatter, "none of its classes has two clusters"),
            Self::NotElsewhere => {
                write!(
                    formatter,
                    "fewer than two of its classes have at least two clusters in the training images of the other sources"
                )
            }
            Self::NotFitted { because } => write!(formatter, "the probe could not be fitted: {because}"),
            Self::NoChance => write!(formatter, "too few clusters for a permutation test"),
            Self::NoInterval => write!(formatter, "the AUC or its interval is undefined"),
            Self::NoPower { detectable } if *detectable >= 1.0 => {
                write!(formatter, "the test part is too small to show any shortcut")
            }
            Self::NoPower { detectable } => {
                write!(
                    formatter,
                    "the test part is too small: it can only detect an AUC of at least {detectable:.2}"
                )
            }
            Self::Between { high } => {
                write!(
                    formatter,
                    "the rule for “found” is not met, and the interval does not exclude a medium effect (up to {high:.2})"
                )
            }
        }
    }
}
