//! What made a file: what a weight means depends on the features it was trained on, its last bit on what computed it.

use std::path::Path;

use radiograph_features::ExtractionKey;
use radiograph_files::ContentHash;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, HeadConfig, TrainingConfig};

/// All that decides the weights of a training.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) head: &'a HeadConfig,
    pub(crate) training: &'a TrainingConfig,
    pub(crate) key: &'a ExtractionKey,
    /// Which samples are trained on, and which validate.
    pub(crate) samples: [Option<ContentHash>; 2],
    /// Which maps the samples' numbers stand for; `None` in records that are older than this question.
    pub(crate) features: Option<ContentHash>,
    pub(crate) beginning: Beginning,
}

/// What a training begins from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// The weights that another training ended with; `None` for fresh ones, which the settings decide.
    pub(crate) weights: Option<ContentHash>,
    /// Whether its validation samples were trained on there.
    pub(crate) contaminated: bool,
}

impl Settings<'_> {
    /// Refuses what another training made, and says where they differ.
    pub(crate) fn require(&self, found: &Settings<'_>, path: &Path) -> Result<(), Error> {
        self.head.classes.columns_of(&found.head.classes)?;
        require_key(self.key, found.key, path)?;
        for (what, expected, found) in [
            ("head", to_value(self.head), to_value(found.head)),
            ("training", to_value(self.training), to_value(found.training)),
            ("samples", to_value(&self.samples), to_value(&found.samples)),
            ("features", to_value(&self.features), to_value(&found.features)),
            ("first weights", to_value(&self.beginning.weights), to_value(&found.beginning.weights)),
            ("contaminated", to_value(&self.beginning.contaminated), to_value(&found.beginning.contaminated)),
        ] {
            if let Some((field, expected, found)) = difference(&expected, &found) {
                let field = format!("{what}{field}");
                return Err(Error::Foreign { path: path.to_owned(), field, expected, found });
            }
        }
        Ok(())
    }
}

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

fn to_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Where two records first differ, and what stands there.
pub(crate) fn difference(expected: &Value, found: &Value) -> Option<(String, String, String)> {
    if expected == found {
        return None;
    }
    if let (Some(expected), Some(found)) = (expected.as_object(), found.as_object()) {
        for key in expected.keys().chain(found.keys()) {
            let pair = (expected.get(key).unwrap_or(&Value::Null), found.get(key).unwrap_or(&Value::Null));
            if let Some((rest, expected, found)) = difference(pair.0, pair.1) {
                return Some((format!(".{key}{rest}"), expected, found));
            }
        }
    }
    Some((String::new(), expected.to_string(), found.to_string()))
}
