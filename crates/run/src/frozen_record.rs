//! The record of the frozen network behind a model's features, as `frozen.json` in the model's folder holds it.

use radiograph_report::WeightsOrigin;
use serde::{Deserialize, Serialize};

/// The frozen network that made a model's features. Training writes it; the report reads it, so that a report needs neither
/// the weights nor libtorch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrozenRecord {
    /// Origin of the network's weights.
    pub weights: WeightsOrigin,
}
