//! What balancing could not reach.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{Field, Quota};
use crate::ClassName;

/// Something that was asked for and that the images do not allow.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shortfall {
    /// A value of a field at which the classes could not be made equal without loss.
    Value {
        /// The field.
        field: Field,
        /// The value.
        value: String,
        /// Images of each class that there were.
        available: BTreeMap<ClassName, usize>,
        /// Images of each class that are kept.
        kept: BTreeMap<ClassName, usize>,
    },
    /// A quota that is not met.
    Quota {
        /// The quota.
        quota: Quota,
        /// Images that there were, after the caps of pictures, patients and groups.
        available: usize,
        /// Images that are kept.
        kept: usize,
    },
}

impl fmt::Display for Shortfall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { field, value, available, kept } => {
                let counts = available.iter().map(|(class, available)| {
                    let kept = kept.get(class).copied().unwrap_or(0);
                    format!("{kept} of {available} {class}")
                });
                let counts = counts.collect::<Vec<_>>().join(", ");
                write!(formatter, "not balanced at {} {value}: {counts} kept", field.name())
            }
            Self::Quota { quota, available: 0, .. } => {
                write!(formatter, "quota of {quota}: there are no such images")
            }
            Self::Quota { quota, available, kept } => {
                write!(formatter, "quota of {quota} is not met: {kept} of {available} kept")
            }
        }
    }
}
