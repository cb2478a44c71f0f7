//! The columns of a printed table.

use serde::{Deserialize, Serialize};

/// A column of a printed table, by its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// Headed precision.
    Precision,
    /// Headed recall.
    Recall,
    /// Headed F1.
    F1,
    /// Headed accuracy.
    Accuracy,
}
