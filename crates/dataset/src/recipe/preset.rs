//! The three named recipes: what the paper says, what its authors' program does, and what can be trusted.

use std::{fmt, str::FromStr};

use radiograph_classes::Classes;
use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::{
    COVID_19, DatasetError, NORMAL, PNEUMONIA,
    assemble::{Filters, Views},
    balance::{Balance, PerClass, Preference},
    group::ConflictRule,
    same_picture::Search,
    split::{Kind, Split},
};

/// A named recipe.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// What the text of Al-Rakhami et al. says: 2,313 images a class (or as many as the smallest class has: ours), 80 to 20
    /// in proportion to classes, five independent folds, all image by image; only originals are tested and validated on.
    /// Frontal views only (ours; the text says PA, its sources are both).
    Paper,
    /// What the program does that the authors published: the same sizes, image by image over all files, augmented images
    /// in the test set. For showing what that does, not for results.
    ReleasedCode,
    /// Groups stay whole; one image a picture, at most [four](Preset::PER_PATIENT) of a patient, as many of each class as
    /// the smallest has; only originals are tested and validated on; pictures with contradictory classes and augmented
    /// images of unknown origin are left out.
    Trustworthy,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Paper, Self::ReleasedCode, Self::Trustworthy];
    /// Images of each class in the paper.
    pub const PER_CLASS: usize = 2313;
    /// Images of a patient in [`Preset::Trustworthy`].
    pub const PER_PATIENT: usize = 4;
    /// The seed of the released program's splits.
    pub const SEED: u64 = 7;

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::ReleasedCode => "released-code",
            Self::Trustworthy => "trustworthy",
        }
    }

    /// The paper's three classes, for these classes.
    pub fn recipe(self) -> Recipe {
        // Three different names without blanks at their ends: a set of classes.
        #[allow(clippy::unwrap_used)]
        let classes = Classes::new([COVID_19, NORMAL, PNEUMONIA]).unwrap();
        self.recipe_for(classes)
    }

    /// The recipe for other classes.
    pub fn recipe_for(self, classes: Classes) -> Recipe {
        let trusted = self == Self::Trustworthy;
        let views = if self == Self::ReleasedCode { Views::Any } else { Views::Frontal };
        let filters = Filters {
            x_ray_only: self != Self::ReleasedCode,
            views,
            classes: Some(classes.clone()),
            ..Filters::default()
        };
        let paper = Balance { per_class: PerClass::AtMost(Self::PER_CLASS), ..Balance::default() };
        let balance = match self {
            Self::Paper => Balance { prefer: vec![Preference::Original], ..paper },
            Self::ReleasedCode => paper,
            Self::Trustworthy => Balance {
                one_per_picture: true,
                prefer: vec![
                    Preference::Original,
                    Preference::KnownPatient,
                    Preference::KnownView,
                    Preference::BetterLabel,
                ],
                per_patient: Some(Self::PER_PATIENT),
                per_class: PerClass::Smallest,
                ..Balance::default()
            },
        };
        let kind = match self {
            Self::Paper => Kind::ImageLevel,
            Self::ReleasedCode => Kind::ImageLevelWithAugmented,
            Self::Trustworthy => Kind::Grouped,
        };
        Recipe {
            name: self.name().to_owned(),
            classes,
            filters,
            // What was published looked for no copies; the groups and the certificate of such a manifest know the plain ones.
            search: Search { crops: trusted, ..Search::default() },
            conflicts: if trusted { ConflictRule::ExcludePicture } else { ConflictRule::Keep },
            orphans: !trusted,
            balance,
            split: Split { kind, test: 0.2, folds: 5 },
            source_out: None,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = DatasetError;

    fn from_str(name: &str) -> Result<Self, DatasetError> {
        let found = Self::ALL.into_iter().find(|preset| preset.name() == name);
        found.ok_or_else(|| DatasetError::NoSuchPreset { name: name.to_owned() })
    }
}
