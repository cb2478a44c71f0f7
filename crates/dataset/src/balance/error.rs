//! Errors of choosing images.

use crate::ClassName;

/// Why images cannot be chosen as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BalanceError {
    /// A class has no image to be trained and tested on.
    #[error("no image of class {class} is left; add a collection that has some, or ask for other classes")]
    EmptyClass {
        /// The class.
        class: ClassName,
    },

    /// A setting is out of its range.
    #[error("balance: `{field}` is out of its range; {remedy}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// The values that it may have.
        remedy: &'static str,
    },
}
