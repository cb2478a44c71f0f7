//! What a trained model says of changed test images, and where its evidence lies, as plain data.

use radiograph_input::Ablation;
use radiograph_metrics::Probabilities;
use serde::{Deserialize, Serialize};

/// Answers of the model under audit for some test images, all of them in the same order.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Looks {
    /// Positions of the images among the test images of the table, ascending.
    pub images: Vec<usize>,
    /// Number of them whose lungs are known from a mask; those of the others are estimated.
    pub masked: usize,
    /// The changed images.
    pub changed: Vec<Changed>,
    /// Evidence of heat maps.
    pub evidence: Vec<Evidence>,
}

/// The model's answers after one change of the images.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Changed {
    /// The change.
    pub ablation: Ablation,
    /// Share of each image that was removed, 0 to 1.
    pub removed: Vec<f64>,
    /// Probabilities of the classes, one row an image.
    pub probabilities: Probabilities,
}

/// Shares of evidence in a part of each image.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct Evidence {
    /// Model whose evidence it is.
    pub of: Pointer,
    /// Part of the image.
    pub place: Place,
    /// Share of the evidence in the part, 0 to 1; `None` for an empty map.
    pub mass: Vec<Option<f64>>,
    /// Share of the area of the part, which is that of an even map.
    pub area: Vec<f64>,
}

/// A model whose heat maps are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Pointer {
    /// The model under audit.
    Model,
    /// The same head, trained on permuted labels.
    PermutedLabels,
}

impl Pointer {
    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "the model",
            Self::PermutedLabels => "trained on permuted labels",
        }
    }
}

/// A part of an image in which evidence is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Place {
    /// Inside the lungs.
    Lungs,
    /// In the border, a tenth of the shorter side wide.
    Border,
    /// Outside the body.
    OutsideBody,
}

impl Place {
    /// All parts, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Lungs, Self::Border, Self::OutsideBody];

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lungs => "inside the lungs",
            Self::Border => "in the border",
            Self::OutsideBody => "outside the body",
        }
    }
}
