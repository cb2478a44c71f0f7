//! Stores predictions in JSON, as the text of their CSV together with the order of their classes.

use radiograph_classes::Classes;
use radiograph_metrics::Predictions;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

#[derive(Serialize, Deserialize)]
struct Written {
    classes: Classes,
    csv: String,
}

pub(crate) fn serialize<S: Serializer>(predictions: &Predictions, to: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    predictions.write_csv(&mut bytes).map_err(S::Error::custom)?;
    let csv = String::from_utf8(bytes).map_err(S::Error::custom)?;
    Written { classes: predictions.classes().clone(), csv }.serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Predictions, D::Error> {
    let written = Written::deserialize(from)?;
    Predictions::read_csv(written.csv.as_bytes(), Some(&written.classes)).map_err(D::Error::custom)
}
