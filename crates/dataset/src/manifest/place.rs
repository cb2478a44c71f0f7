//! The part of a split that an image belongs to: train with a fold, test, or excluded with a reason.

use std::fmt;

use serde::Serialize;

use crate::Reason;

/// Part of a split that an image belongs to; exactly one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// Trained on.
    Train {
        /// Fold, counted from 1, in which it is held out of training; `None` if it trains in every fold.
        fold: Option<u32>,
        /// Whether it is scored when held out. An augmented image is not: it is held out because its original is.
        validates: bool,
    },
    /// Tested on.
    Test,
    /// Not used.
    Excluded {
        /// Reason.
        reason: StatedReason,
    },
}

/// Reason why an image is not used: a code to count by, and a sentence.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct StatedReason {
    /// The code, as [`Reason::code`] gives it.
    pub code: String,
    /// The sentence.
    pub text: String,
}

impl From<&Reason> for StatedReason {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code().to_owned(), text: reason.to_string() }
    }
}

impl fmt::Display for StatedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.code, self.text)
    }
}

impl From<&Reason> for Place {
    fn from(reason: &Reason) -> Self {
        Self::Excluded { reason: reason.into() }
    }
}

impl Place {
    /// The most folds that training images may be in.
    pub const FOLD_LIMIT: u32 = 1000;

    /// The part: `train`, `test` or `excluded`.
    pub fn part(&self) -> &'static str {
        match self {
            Self::Train { .. } => "train",
            Self::Test => "test",
            Self::Excluded { .. } => "excluded",
        }
    }

    /// Whether it is trained on.
    pub fn is_train(&self) -> bool {
        matches!(self, Self::Train { .. })
    }

    /// Whether it is not used.
    pub fn is_excluded(&self) -> bool {
        matches!(self, Self::Excluded { .. })
    }

    /// The fold in whose turn it is held out of training.
    pub fn fold(&self) -> Option<u32> {
        match self {
            Self::Train { fold, .. } => *fold,
            _ => None,
        }
    }

    /// Whether it is trained on while `held_out` is not.
    pub fn trains_without(&self, held_out: u32) -> bool {
        self.is_train() && self.fold() != Some(held_out)
    }

    /// Whether it is scored while `held_out` is not trained on.
    pub fn validates_in(&self, held_out: u32) -> bool {
        matches!(self, Self::Train { fold: Some(fold), validates: true } if *fold == held_out)
    }
}
