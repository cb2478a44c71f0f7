//! The record of the frozen network behind a model's features: `frozen.json` in the model's folder.

use radiograph_report::{PretrainedFilms, WeightsOrigin};
use serde::{Deserialize, Serialize};

/// The frozen network that made a model's features. Training writes this record for the report, which then needs
/// neither the weights nor libtorch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrozenRecord {
    /// Origin of the network's weights.
    pub weights: WeightsOrigin,
    /// Test films among those that it was trained on before; `None` for several networks, and in older records.
    #[serde(default)]
    pub pretraining: Option<PretrainedFilms>,
}
