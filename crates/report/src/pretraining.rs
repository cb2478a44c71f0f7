//! Whether a frozen network saw films of the test part when it was trained before.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Test films among those that a frozen network was trained on before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::exhaustive_structs, reason = "plain data that callers construct")]
pub struct PretrainedFilms {
    /// Number of test images that are in the lists; `None` if there is no list.
    pub seen: Option<u64>,
    /// Number of test images.
    pub test: u64,
    /// The lists, in words.
    pub lists: String,
}

impl fmt::Display for PretrainedFilms {
    /// Writes `yes: 12 of 168 test images (the collections nih, brax)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, test, lists } = self;
        match seen {
            None => formatter.write_str("unknown: the record of its weights lists no films"),
            Some(0) => write!(formatter, "no: none of {test} test images ({lists})"),
            Some(seen) => write!(formatter, "yes: {seen} of {test} test images ({lists})"),
        }
    }
}
