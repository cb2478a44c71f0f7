//! The record of the trainings that only a full audit makes: `audit-in-full.json` in the folder of the recommended model.

use std::{collections::BTreeMap, path::Path};

use ndarray::Array2;
use radiograph_audit::HeadElsewhere;
use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_metrics::Probabilities;
use serde::{Deserialize, Serialize};

use crate::{Error, Looked, PlacedEvidence, read_json};

/// The model's head without each source, and trained on permuted labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InFull {
    /// Hash of the predictions of the model under audit.
    pub predictions: ContentHash,
    /// Predictions of each head whose training left a source out.
    pub heads: Vec<HeadAway>,
    /// Evidence of the head that was trained on permuted labels, by id of the image.
    pub permuted: BTreeMap<String, Vec<PlacedEvidence>>,
}

/// Predictions of one head, in the order of [`LeftOut`](radiograph_audit::LeftOut).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeadAway {
    /// The source.
    pub source: String,
    /// Classes, in the order of probabilities.
    pub classes: Vec<String>,
    /// Probabilities for each image of the source.
    pub away: Vec<Vec<f64>>,
    /// Probabilities for each test image, of a head that was trained on as many images of all sources.
    pub home: Vec<Vec<f64>>,
}

impl InFull {
    /// File in the folder of the model.
    pub const FILE: &str = "audit-in-full.json";

    /// The record in the folder of a model, if there is one of the training that gave its predictions.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] or [`Error::File`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(Self::FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let record: Self = read_json(&path)?;
        let predictions = ContentHash::of_file(&folder.join("predictions.csv"))?;
        Ok((record.predictions == predictions).then_some(record))
    }

    /// The heads in the form that the audit takes.
    pub(crate) fn heads(&self) -> Result<Vec<HeadElsewhere>, Error> {
        let head = |head: &HeadAway| {
            let classes = Classes::new(&head.classes[..])?;
            let table = |rows: &[Vec<f64>]| -> Result<Probabilities, Error> {
                let values = Array2::from_shape_vec((rows.len(), classes.len()), rows.concat());
                let values = values.map_err(|_| {
                    Error::damaged(Self::FILE, "a row has not as many probabilities as classes")
                })?;
                Ok(Probabilities::new(&classes, values)?)
            };
            Ok(HeadElsewhere {
                source: head.source.clone(),
                away: table(&head.away)?,
                home: table(&head.home)?,
            })
        };
        self.heads.iter().map(head).collect()
    }

    /// Adds the evidence on permuted labels to each image of `looked`, unless an image lacks it.
    pub(crate) fn add_to(&self, looked: &mut Looked) {
        if looked.images.iter().all(|image| self.permuted.contains_key(&image.id)) {
            for image in &mut looked.images {
                image.evidence.extend(self.permuted.get(&image.id).into_iter().flatten());
            }
        }
    }
}
