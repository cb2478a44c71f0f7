//! Folders below the folder of images that belong to no collection, so that nothing in them has a row anywhere.

use std::path::PathBuf;

use radiograph_dataset::source::Recognised;
use serde::Serialize;

/// Folders that were not searched for images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Unsearched {
    /// Folders that hold images in an unknown layout.
    pub unknown: Vec<PathBuf>,
    /// Paths that cannot be searched, with the reason.
    pub refused: Vec<(PathBuf, String)>,
}

impl Unsearched {
    /// Whether every folder was searched.
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.refused.is_empty()
    }

    /// One sentence about each folder.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        let unknown = self
            .unknown
            .iter()
            .map(|folder| format!("left out: {}: images in an unknown layout", folder.display()));
        let refused =
            self.refused.iter().map(|(path, reason)| format!("left out: {}: {reason}", path.display()));
        unknown.chain(refused)
    }
}

impl From<&Recognised> for Unsearched {
    fn from(recognised: &Recognised) -> Self {
        let refused = recognised.refused.iter().map(|(path, reason)| (path.clone(), reason.to_string()));
        Self { unknown: recognised.unknown.clone(), refused: refused.collect() }
    }
}
