//! Which part of a film a network sees.

use serde::{Deserialize, Serialize};

/// Part of a film that a network sees. What lies outside cannot be learned: markers, collimation borders, the shape of the film.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FilmPart {
    /// The whole film.
    #[default]
    Whole,
    /// The box around the estimated lungs, with a twentieth of its sides at each edge.
    Lungs,
}

impl FilmPart {
    /// Whether it is the whole film.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}
