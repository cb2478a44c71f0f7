//! Errors of making a set of class names.

/// Why a set of class names, or a name looked up in one, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name stands twice.
    #[error("class {name:?} stands twice, at positions {first} and {second}; give each class its own name")]
    Duplicate {
        /// The name.
        name: String,
        /// Where it stands first, from 0.
        first: usize,
        /// Where it stands again, from 0.
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
    /// Two sets that must hold the same names do not.
    #[error("the classes differ: {} and {}", listed("missing", missing), listed("unexpected", unexpected))]
    OtherSet {
        /// Names that the other set lacks.
        missing: Vec<String>,
        /// Names that only the other set has.
        unexpected: Vec<String>,
    },
    /// More names than the limit.
    #[error("more than {limit} class names; is this really a list of classes?")]
    TooManyClasses {
        /// The limit.
        limit: usize,
    },
    /// A name that was looked up is not in the set.
    #[error("no class is named {name:?}; the classes are {}", known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A name that would look like another one in print.
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
