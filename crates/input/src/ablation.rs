//! What is removed from a picture to see whether a model needed it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A change of the picture that a network sees. Whether a score stays shows what it needs; a fall may also come from pictures
/// that are unlike those of training.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ablation {
    /// The central square is removed; its share of the area, 0 to 1.
    Centre(f64),
    /// Everything but the lungs is removed.
    AllButLungs,
    /// The lungs are removed.
    Lungs,
    /// The four corners, where markers and text stand, are removed, apart from lungs.
    Corners,
    /// Nothing is removed: the gray values get the distribution that all sources have together.
    Histogram,
}

impl Ablation {
    /// The ablations of an audit: three shares of the centre, and one of each other kind.
    pub const ALL: [Self; 7] = [
        Self::Centre(0.25),
        Self::Centre(0.5),
        Self::Centre(0.9),
        Self::AllButLungs,
        Self::Lungs,
        Self::Corners,
        Self::Histogram,
    ];

    /// Name in tables, without the share.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Centre(_) => "centre removed",
            Self::AllButLungs => "lungs only",
            Self::Lungs => "lungs removed",
            Self::Corners => "corners removed",
            Self::Histogram => "histogram matched",
        }
    }
}

impl fmt::Display for Ablation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ablation_reads_back_from_a_file() {
        for ablation in Ablation::ALL {
            let text = serde_json::to_string(&ablation).unwrap();
            assert_eq!(serde_json::from_str::<Ablation>(&text).unwrap(), ablation, "{text}");
        }
        assert_eq!(serde_json::to_string(&Ablation::AllButLungs).unwrap(), "\"all-but-lungs\"");
    }
}
