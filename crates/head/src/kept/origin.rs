//! What made a file: what a weight means depends on the features it was trained on, its last bit on what computed it.

use std::path::Path;

use radiograph_features::ExtractionKey;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Refuses what was made from features of another origin.
pub(crate) fn require_key(expected: &ExtractionKey, found: &ExtractionKey, path: &Path) -> Result<(), Error> {
    let weights = [expected, found].map(|key| key.weights.to_string());
    let fields = [
        ("backbone", &expected.backbone, &found.backbone),
        ("backbone weights", &weights[0], &weights[1]),
        ("preprocessing", &expected.preprocessing, &found.preprocessing),
        ("lineage", &expected.lineage, &found.lineage),
    ];
    match fields.into_iter().find(|(_, expected, found)| expected != found) {
        Some((field, expected, found)) => Err(Error::Foreign {
            path: path.to_owned(),
            field: field.to_owned(),
            expected: expected.clone(),
            found: found.clone(),
        }),
        None => Ok(()),
    }
}

/// What computed: bits may differ elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    radiograph: String,
    threads: i32,
    device: String,
}

impl Versions {
    pub(crate) fn of(device: radiograph_libtorch::Device) -> Self {
        Self {
            radiograph: env!("CARGO_PKG_VERSION").to_owned(),
            threads: tch::get_num_threads(),
            device: device.to_string(),
        }
    }
}
