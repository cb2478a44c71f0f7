//! The three named recipes: the paper's text, its authors' program, and a split without known leaks.

use radiograph_classes::Classes;
use radiograph_same_picture::Search;

use super::Recipe;
use crate::{
    assemble::{Filters, Views},
    balance::{Balance, PerClass, Preference},
    group::ConflictRule,
    split::{Kind, Split},
};

impl Recipe {
    /// Maximum number of images a class in the paper: 2,313.
    pub const PAPER_PER_CLASS: usize = 2313;
    /// Maximum number of images a patient in [`Recipe::trustworthy`]: 4.
    pub const PER_PATIENT: usize = 4;
    /// Seed of the released program's splits.
    pub const SEED: u64 = 7;

    /// The protocol in the text of Al-Rakhami et al.
    ///
    /// 2,313 images a class (ours: or as many as the smallest class has), 80 to 20 in proportion to classes, five
    /// independent folds. Images are split one by one, and only originals are tested and validated on. Frontal views
    /// only (ours; the text says PA, its sources have both).
    pub fn paper(classes: Classes) -> Self {
        Self {
            balance: Balance { prefer: vec![Preference::Original], ..as_in_the_paper() },
            ..image_by_image("paper", classes, Kind::ImageLevel)
        }
    }

    /// The protocol of the program that the authors published. It shows the effect of its leaks; do not report its results.
    ///
    /// The sizes of [`Recipe::paper`], all views and modalities; images are split one by one over all files, and augmented
    /// images are in the test set.
    pub fn released_code(classes: Classes) -> Self {
        let filters = Filters { classes: Some(classes.clone()), ..Filters::default() };
        Self { filters, ..image_by_image("released-code", classes, Kind::ImageLevelWithAugmented) }
    }

    /// A split without leaks that can be found.
    ///
    /// Groups stay whole; one image a picture, at most [four](Self::PER_PATIENT) of a patient, as many of each class as the
    /// smallest has. Only originals are tested and validated on. Pictures with contradictory classes and augmented images
    /// of unknown origin are left out.
    pub fn trustworthy(classes: Classes) -> Self {
        let balance = Balance {
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
        };
        Self {
            name: "trustworthy".to_owned(),
            filters: frontal_x_rays(&classes),
            classes,
            search: Search::default(),
            conflicts: ConflictRule::ExcludePicture,
            orphans: false,
            balance,
            split: five_folds(Kind::Grouped),
            source_out: None,
        }
    }
}

/// What both published protocols have in common.
fn image_by_image(name: &str, classes: Classes, kind: Kind) -> Recipe {
    Recipe {
        name: name.to_owned(),
        filters: frontal_x_rays(&classes),
        classes,
        // The published work looked for no copies; the groups and the certificate of such a manifest know the plain ones.
        search: Search { crops: false, ..Search::default() },
        conflicts: ConflictRule::Keep,
        orphans: true,
        balance: as_in_the_paper(),
        split: five_folds(kind),
        source_out: None,
    }
}

fn as_in_the_paper() -> Balance {
    Balance { per_class: PerClass::AtMost(Recipe::PAPER_PER_CLASS), ..Balance::default() }
}

fn frontal_x_rays(classes: &Classes) -> Filters {
    Filters { x_ray_only: true, views: Views::Frontal, classes: Some(classes.clone()), ..Filters::default() }
}

fn five_folds(kind: Kind) -> Split {
    Split { kind, test: 0.2, folds: 5 }
}
