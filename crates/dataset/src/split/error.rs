//! Errors of splitting images into parts.

use crate::{ClassName, SourceName};

/// Why images cannot be split as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// Groups cannot be dealt so that every part has every class.
    #[error(
        "groups of several classes cannot be dealt so that every part has class {class}; ask for fewer folds"
    )]
    PartWithoutClass {
        /// The class.
        class: ClassName,
    },

    /// A setting is out of its range.
    #[error("split: `{field}` is out of its range; {remedy}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// The values that it may have.
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

    /// A class has fewer groups than parts that each need one.
    #[error(
        "class {class} has {groups} groups, and {needed} parts need one each; \
         ask for fewer folds, or add images of other patients"
    )]
    TooFewGroups {
        /// The class.
        class: ClassName,
        /// Number of groups with images of the class that may be validated or tested on.
        groups: usize,
        /// Number of parts that need one.
        needed: usize,
    },
}
