//! Compares the origin of a model or checkpoint (settings, features, samples, first weights) with what is requested.

use std::path::Path;

use radiograph_classes::Classes;
use radiograph_features::{ExtractionKey, KeyDifference};
use radiograph_files::ContentHash;
use radiograph_libtorch::Device;
use radiograph_protocol::{Difference, ModelRecord, TrainingConfig, Versions};
use serde_json::Value;

use crate::{ConfiguredHead, Error};

/// Everything that determines the weights of a training.
#[derive(Clone)]
pub(crate) struct Settings<'a> {
    /// [`Head::settings`](crate::Head::settings).
    pub(crate) head: Value,
    pub(crate) training: &'a TrainingConfig,
    pub(crate) key: &'a ExtractionKey,
    /// Hashes of the training samples and the validation samples.
    pub(crate) samples: [Option<ContentHash>; 2],
    /// Hash of the feature maps; `None` in older records.
    pub(crate) features: Option<ContentHash>,
    pub(crate) beginning: Beginning,
}

/// The first weights of a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// Hash of the final weights of another training; `None` for fresh ones, which the settings determine.
    pub(crate) weights: Option<ContentHash>,
    /// Whether that other training used this one's validation samples for training.
    pub(crate) contaminated: bool,
}

impl<'a> Settings<'a> {
    /// The settings of a finished model.
    pub(crate) fn of_model(record: &'a ModelRecord) -> Self {
        Self {
            head: ConfiguredHead::settings_of(&record.head),
            training: &record.training,
            key: &record.key,
            samples: record.samples,
            features: record.features,
            beginning: Beginning { weights: record.began_from, contaminated: record.contaminated },
        }
    }

    /// Refuses the record of another training, with the first difference. The maximum number of epochs is not compared,
    /// because it changes no epoch.
    pub(crate) fn require(&self, found: &Settings<'_>, path: &Path) -> Result<(), Error> {
        // Compare classes by name first, so that the message says which are missing.
        let classes = |head: &Value| serde_json::from_value::<Classes>(head["classes"].clone()).ok();
        if let (Some(own), Some(found)) = (classes(&self.head), classes(&found.head)) {
            own.columns_of(&found)?;
        }
        require_key(self.key, found.key, path)?;
        let training = TrainingConfig { epochs: self.training.epochs, ..found.training.clone() };
        let differences = [
            ("head", Difference::between(&self.head, &found.head)),
            ("training", Difference::between(self.training, &training)),
            ("samples", Difference::between(&self.samples, &found.samples)),
            ("features", Difference::between(&self.features, &found.features)),
            ("first weights", Difference::between(&self.beginning.weights, &found.beginning.weights)),
            (
                "contaminated",
                Difference::between(&self.beginning.contaminated, &found.beginning.contaminated),
            ),
        ];
        for (what, difference) in differences {
            if let Some(Difference { field, expected, found }) = difference {
                let field = format!("{what}{field}");
                return Err(Error::Foreign { path: path.to_owned(), field, expected, found });
            }
        }
        Ok(())
    }
}

/// Refuses features of another origin.
pub(crate) fn require_key(expected: &ExtractionKey, found: &ExtractionKey, path: &Path) -> Result<(), Error> {
    match expected.differences(found).into_iter().next() {
        Some(KeyDifference { field, stored, asked }) => Err(Error::Foreign {
            path: path.to_owned(),
            field: format!("features' {field}"),
            expected: asked,
            found: stored,
        }),
        None => Ok(()),
    }
}

/// Software and device of a training on `device`.
pub(crate) fn versions(device: Device) -> Versions {
    Versions::new(tch::get_num_threads(), device.to_string())
}
