//! The columns of a printed table.

use serde::{Deserialize, Serialize};

/// Column of a printed table, named after its heading.
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
