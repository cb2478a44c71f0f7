//! Errors of splitting images into parts.

use super::Kind;
use crate::{ClassName, SourceName};

/// Why images cannot be split as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// Groups with images of several classes cannot be dealt so that every part has every class.
    #[error(
        "groups with images of several classes cannot be dealt so that {} {}; {}",
        parts(*folds, *test),
        possible.map_or("have every class, as far as was searched".to_owned(), |possible| format!(
            "have every class: {possible} parts can"
        )),
        remedy(possible.unwrap_or(0), None, *folds, *test)
    )]
    PartsWithoutClass {
        /// Largest number of parts that can all have every class; `None` if the search was too large.
        possible: Option<usize>,
        /// Number of folds asked for.
        folds: usize,
        /// Whether a test part is one of the parts.
        test: bool,
    },

    /// A setting is out of its range.
    #[error("split: `{field}` is out of its range; {remedy}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// Remedy, such as `give 2 to 1000`.
        remedy: &'static str,
    },

    /// A collection cannot be held out of training.
    #[error("{held_out} cannot be held out: {reason}")]
    SourceOut {
        /// The collection.
        held_out: SourceName,
        /// The reason.
        reason: String,
    },

    /// Classes have fewer groups than parts that each need one; this one has the fewest.
    #[error(
        "class {class} has {}, and {} need one each, {} in all; {}",
        groups_text(*kind, *images, *groups),
        parts(*folds, *test),
        needed(*folds, *test),
        remedy(*possible, Some(needed(*folds, *test) - groups), *folds, *test)
    )]
    TooFewGroups {
        /// The class.
        class: ClassName,
        /// Unit of the split.
        kind: Kind,
        /// Number of images of the class that may be validated or tested on.
        images: usize,
        /// Number of groups with such images; for a split of single images, their number.
        groups: usize,
        /// Largest number of parts that can all have every class.
        possible: usize,
        /// Number of folds asked for.
        folds: usize,
        /// Whether a test part is one of the parts.
        test: bool,
    },
}

impl SplitError {
    /// The largest number of folds that the images allow, if fewer folds than asked for are a remedy.
    pub fn fewer_folds(&self) -> Option<usize> {
        match self {
            Self::PartsWithoutClass { possible, folds, test } => fewer_folds((*possible)?, *folds, *test),
            Self::TooFewGroups { possible, folds, test, .. } => fewer_folds(*possible, *folds, *test),
            Self::Setting { .. } | Self::SourceOut { .. } => None,
        }
    }
}

/// Number of folds that remain of `parts` after the test part. `None` unless it is at least 2 and below `folds`.
fn fewer_folds(parts: usize, folds: usize, test: bool) -> Option<usize> {
    Some(parts.saturating_sub(usize::from(test))).filter(|most| (2..folds).contains(most))
}

/// Number of parts that each need every class.
fn needed(folds: usize, test: bool) -> usize {
    folds.max(1) + usize::from(test)
}

fn parts(folds: usize, test: bool) -> String {
    match (test, folds) {
        (true, 0) => "the test part and the training part".to_owned(),
        (true, folds) => format!("the test part and {folds} folds"),
        (false, folds) => format!("{folds} folds"),
    }
}

fn groups_text(kind: Kind, images: usize, groups: usize) -> String {
    match kind {
        Kind::Grouped => {
            let patients = if groups == 1 { "patient" } else { "patients" };
            format!(
                "{images} images of {groups} {patients} (images that must stay together count as one patient)"
            )
        }
        Kind::ImageLevel | Kind::ImageLevelWithAugmented => format!("{images} images"),
    }
}

/// What helps where `possible` parts can be filled and this number of groups is missing, if that is known.
fn remedy(possible: usize, missing: Option<usize>, folds: usize, test: bool) -> String {
    let add = match missing {
        Some(1) => "add images of at least 1 other patient".to_owned(),
        Some(missing) => format!("add images of at least {missing} other patients"),
        None => "add images of other patients".to_owned(),
    };
    match fewer_folds(possible, folds, test) {
        Some(most) => format!("ask for at most {most} folds, or {add}"),
        None => add,
    }
}
