//! The serialised form of predictions, checked again when it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Predictions, Probabilities};

/// Serialised form.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    probabilities: Probabilities,
    truth: Vec<String>,
    ids: Option<Vec<String>>,
    patients: Option<Vec<Option<String>>>,
    #[serde(default)]
    clusters: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<f64>>,
    fields: BTreeMap<String, Vec<Option<String>>>,
}

impl TryFrom<Written> for Predictions {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        let classes = written.probabilities.classes().clone();
        let mut predictions = Self::new(&classes, &written.truth, &written.probabilities)?;
        if let Some(ids) = &written.ids {
            predictions = predictions.with_ids(ids)?;
        }
        if let Some(patients) = &written.patients {
            predictions = predictions.with_patients_where_known(patients)?;
        }
        if let Some(clusters) = &written.clusters {
            predictions = predictions.with_clusters(clusters)?;
        }
        if let Some(weights) = &written.weights {
            predictions = predictions.with_weights(weights)?;
        }
        for (field, values) in &written.fields {
            predictions = predictions.with_field(field, values)?;
        }
        Ok(predictions)
    }
}

impl From<Predictions> for Written {
    fn from(predictions: Predictions) -> Self {
        let truth =
            (0..predictions.len()).map(|sample| predictions.truth(sample).name().to_owned()).collect();
        let field = |name: &str| Some((name.to_owned(), predictions.field(name).ok()?.to_vec()));
        Self {
            probabilities: predictions.probabilities().clone(),
            truth,
            ids: predictions.ids().map(<[_]>::to_vec),
            patients: predictions.patients().map(<[_]>::to_vec),
            clusters: predictions.cluster_names().map(<[_]>::to_vec),
            weights: predictions.weights().map(<[_]>::to_vec),
            fields: predictions.fields().filter_map(field).collect(),
        }
    }
}
