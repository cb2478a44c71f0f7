//! Errors of reading ids and names of collections.

/// Why a text is no id or no name of a collection.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is not of the form `source:name`.
    #[error("{text:?} is not an id; ids are written source:name")]
    Id {
        /// The text.
        text: String,
    },

    /// The name of a collection has characters that ids and file names cannot carry.
    #[error("{name:?} cannot name a collection; use lower-case letters, digits and hyphens")]
    SourceName {
        /// The name.
        name: String,
    },
}
