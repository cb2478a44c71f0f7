//! Errors of making a set of class names.

/// Reason why a set of class names, or a lookup of a name, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name repeats.
    #[error("class {name:?} stands twice, at positions {first} and {second}; give each class its own name")]
    Duplicate {
        /// The name.
        name: String,
        /// Position of its first occurrence, from 0.
        first: usize,
        /// Position of its second occurrence, from 0.
        second: usize,
    },
    /// A name is empty.
    #[error("the class name at position {position} is empty")]
    EmptyName {
        /// Its position, from 0.
        position: usize,
    },
    /// No name was given.
    #[error("a set of classes needs at least one name")]
    NoClass,
    /// Two sets that must contain the same names do not.
    #[error("the classes differ: {} and {}", listed("missing", missing), listed("unexpected", unexpected))]
    OtherSet {
        /// Names that the other set lacks.
        missing: Vec<String>,
        /// Names that are only in the other set.
        unexpected: Vec<String>,
    },
    /// More names than the limit.
    #[error("more than {limit} class names; is this really a list of classes?")]
    TooManyClasses {
        /// The limit.
        limit: usize,
    },
    /// A name is not in the set.
    #[error("no class is named {name:?}; the classes are {}", known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names of the set.
        known: Vec<String>,
    },
    /// A name contains characters that would make it look like another one.
    #[error(
        "class name {name:?} at position {position} has white space at an end or a control character; remove it"
    )]
    UnprintableName {
        /// Its position, from 0.
        position: usize,
        /// The name.
        name: String,
    },
}

fn listed(what: &str, names: &[String]) -> String {
    if names.is_empty() { format!("nothing {what}") } else { format!("{what} {}", names.join(", ")) }
}
