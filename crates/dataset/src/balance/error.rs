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

    /// A quota is of a class that is not asked for.
    #[error(
        "a quota is of class {class}, which is not among the classes; add it to them or correct its name"
    )]
    QuotaClass {
        /// The class.
        class: ClassName,
    },

    /// One image may count towards two quotas.
    #[error(
        "the quotas of {one} and of {other} overlap; give each a source or an origin that the other does not have"
    )]
    QuotasOverlap {
        /// The earlier quota.
        one: String,
        /// The later quota.
        other: String,
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
