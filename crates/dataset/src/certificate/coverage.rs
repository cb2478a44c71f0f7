//! Counts what a leakage check could not look at: unknown patients, undecodable films, folds that nothing was compared with.

use radiograph_same_picture::{Fingerprint, SamePicture, Search};
use serde::{Deserialize, Serialize};

use super::Crossing;
use crate::manifest::Row;

/// Result of a search for same pictures: what was found, and what could not be looked at.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct PictureSearch {
    /// Same pictures, as positions in the manifest's rows.
    pub pairs: Vec<SamePicture>,
    /// For each row, whether the search could look at it.
    pub sights: Vec<Sight>,
}

/// Whether the search for same pictures could look at an image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "there is no further outcome")]
pub enum Sight {
    /// Compared with all others.
    Compared,
    /// Too little contrast: only files with equal bytes or pixels were paired with it.
    LittleContrast,
    /// Not decoded, so only equal bytes were found.
    Unseen,
}

/// What a leakage check could look at, and what it could not.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Coverage {
    /// Number of training and test images.
    pub used: usize,
    /// Number of these that nothing below is said of.
    pub checked: usize,
    /// Number of used images without a known patient.
    pub unknown_patient: usize,
    /// Number of used images whose patient is told apart by a pseudonym only.
    pub patient_by_pseudonym: usize,
    /// Number of used augmented images whose original is unknown.
    pub unknown_parent: usize,
    /// Number of used images with too little contrast for a comparison.
    pub little_contrast: usize,
    /// Number of used images that were not decoded.
    pub unseen: usize,
    /// Number of images that are not used, and may link images that are.
    pub unused: usize,
    /// Number of these that were not decoded, or have too little contrast.
    pub unused_not_compared: usize,
    /// Number of folds that the settings ask for; 0 without folds.
    pub folds_stated: u32,
    /// Number of folds that the manifest has.
    pub folds_found: usize,
    /// Number of folds without images on one side: nothing was compared.
    pub folds_not_compared: usize,
    /// Settings of the search that find less than the default.
    pub weaker_search: Vec<String>,
}

impl PictureSearch {
    /// A search that saw all of a number of images.
    pub fn complete(pairs: Vec<SamePicture>, images: usize) -> Self {
        Self { pairs, sights: vec![Sight::Compared; images] }
    }

    /// No search: none of a number of images was looked at.
    pub fn none(images: usize) -> Self {
        Self { pairs: Vec::new(), sights: vec![Sight::Unseen; images] }
    }
}

impl Sight {
    pub(crate) fn of(fingerprint: Option<&Fingerprint>) -> Self {
        match fingerprint {
            None => Self::Unseen,
            Some(blank) if blank.is_blank() => Self::LittleContrast,
            Some(_) => Self::Compared,
        }
    }
}

impl Coverage {
    pub(super) fn of(
        rows: &[Row],
        sights: &[Sight],
        pseudonyms: bool,
        (folds_stated, folds): (u32, &[Crossing]),
        search: &Search,
    ) -> Self {
        let mut coverage = Self {
            folds_stated,
            folds_found: folds.len(),
            folds_not_compared: folds.iter().filter(|fold| !fold.compares()).count(),
            weaker_search: search.weaker_than(&Search::default()).into_iter().map(str::to_owned).collect(),
            ..Self::default()
        };
        for (row, sight) in rows.iter().zip(sights) {
            if row.place.is_excluded() {
                coverage.unused += 1;
                coverage.unused_not_compared += usize::from(*sight != Sight::Compared);
                continue;
            }
            let orphan = row.augmented && row.parent.is_none();
            coverage.used += 1;
            coverage.unknown_patient += usize::from(row.patient.is_none());
            coverage.patient_by_pseudonym += usize::from(pseudonyms && row.patient.is_some());
            coverage.unknown_parent += usize::from(orphan);
            coverage.little_contrast += usize::from(*sight == Sight::LittleContrast);
            coverage.unseen += usize::from(*sight == Sight::Unseen);
            coverage.checked += usize::from(row.patient.is_some() && !orphan && *sight == Sight::Compared);
        }
        coverage
    }

    /// The reasons why a split without a finding is not certified, one clause each. Empty if everything was looked at.
    pub fn doubts(&self) -> Vec<String> {
        let share = |images: usize| {
            let noun = if images == 1 { "image" } else { "images" };
            format!("{images} {noun} ({})", percent(images, self.used))
        };
        let counts = [
            (self.unknown_patient, "without a known patient"),
            (self.unknown_parent, "augmented from an unknown original"),
            (self.little_contrast, "with too little contrast for a comparison"),
            (self.unseen, "that were not decoded"),
        ];
        let counts = counts.into_iter().filter(|(images, _)| *images > 0);
        let mut doubts: Vec<String> =
            counts.map(|(images, what)| format!("{} {what}", share(images))).collect();
        let stated = if self.folds_stated > 1 { self.folds_stated as usize } else { self.folds_found };
        if stated != self.folds_found {
            let found = self.folds_found;
            doubts.push(format!("the folds: {found} where the settings ask for {stated}"));
        }
        if self.folds_not_compared > 0 {
            doubts.push(format!("folds with nothing to compare them with: {}", self.folds_not_compared));
        }
        if !self.weaker_search.is_empty() {
            let settings = self.weaker_search.join(", ");
            doubts.push(format!("what a search weaker than the default misses ({settings})"));
        }
        doubts
    }
}

/// A share in percent with one decimal, such as `12.5 %`; `<0.1 %` for a share that would be printed as 0.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if part > 0 && share < 0.05 { "<0.1 %".to_owned() } else { format!("{share:.1} %") }
}
