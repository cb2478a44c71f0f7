//! Warnings: reasons not to believe the prediction for a film.

use std::fmt;

use serde::Serialize;

use crate::{Film, Strangeness};

/// Share of coloured pixels above which an image counts as a photograph. Markers and annotations cover less.
const PHOTOGRAPH: f64 = 0.05;

/// A reason not to believe the probabilities of an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "warning")]
#[non_exhaustive]
pub enum Warning {
    /// The file's header gives a view other than frontal.
    NotFrontal {
        /// View in the header.
        view: String,
    },
    /// A large part of the image is coloured, unlike a radiograph.
    Coloured {
        /// Share of coloured pixels, 0 to 1.
        share: f64,
    },
    /// The features are farther from the training images than nearly all training images are from each other.
    Unfamiliar {
        /// Its strangeness.
        #[serde(flatten)]
        strangeness: Strangeness,
    },
    /// The features come from random weights.
    RandomWeights,
    /// The model was trained on permuted labels.
    PermutedLabels,
}

/// The warnings that follow from the film alone.
pub(super) fn of_film(film: &Film) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if film.view().is_frontal() == Some(false) {
        warnings.push(Warning::NotFrontal { view: film.view().name().to_owned() });
    }
    let share = film.coloured_share();
    if share > PHOTOGRAPH {
        warnings.push(Warning::Coloured { share });
    }
    warnings
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFrontal { view } => {
                write!(formatter, "its header says {view}; the model knows frontal films only")
            }
            Self::Coloured { share } => {
                write!(formatter, "{:.0} % of it is coloured, unlike a radiograph", share * 100.0)
            }
            Self::Unfamiliar { strangeness } => {
                write!(formatter, "it is stranger than {}", strangeness.in_words())
            }
            Self::RandomWeights => {
                formatter.write_str("its features come from RANDOM weights; the probabilities mean nothing")
            }
            Self::PermutedLabels => {
                formatter.write_str("the model learned PERMUTED labels; the probabilities mean nothing")
            }
        }
    }
}
