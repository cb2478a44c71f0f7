//! Finds the folder of real images.

use std::path::PathBuf;

/// The folder of real images; without it the test is recorded as skipped.
pub(crate) fn data() -> Option<PathBuf> {
    radiograph_needs::folder("RADIOGRAPH_DATA")
}
