//! The record of changed test images that went through the recommended model: `looks.json` in the folder of the model.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ndarray::Array2;
use radiograph_audit::{Changed, Evidence, Looks, Place, Pointer};
use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_input::Ablation;
use radiograph_metrics::Probabilities;
use radiograph_protocol::Cohort;
use serde::{Deserialize, Serialize};

use crate::{Error, read_json};

/// What the recommended model says of changed test images, and where its evidence lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Looked {
    /// Hash of the predictions of the same model for the unchanged images.
    pub predictions: ContentHash,
    /// Classes, in the order of probabilities.
    pub classes: Vec<String>,
    /// Changes, in the order of each image.
    pub ablations: Vec<Ablation>,
    /// The images.
    pub images: Vec<LookedImage>,
}

/// One test image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LookedImage {
    /// Id of the image.
    pub id: String,
    /// Whether its lungs are known from a mask; they are estimated otherwise.
    pub masked: bool,
    /// The image after each change.
    pub changed: Vec<ChangedImage>,
    /// Where the evidence of its heat map lies.
    pub evidence: Vec<PlacedEvidence>,
}

/// One test image after one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChangedImage {
    /// Share of the image that was removed, 0 to 1.
    pub removed: f64,
    /// Probabilities of the classes.
    pub probabilities: Vec<f64>,
}

/// Evidence in one part of one image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlacedEvidence {
    /// Model whose evidence it is.
    pub of: Pointer,
    /// The part.
    pub place: Place,
    /// Share of the evidence in the part, 0 to 1; `None` for an empty map.
    pub mass: Option<f64>,
    /// Share of the area of the part, 0 to 1.
    pub area: f64,
}

impl Looked {
    /// File in the folder of the model.
    pub const FILE: &str = "looks.json";

    /// The record in the folder of a model, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] or [`Error::File`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(Self::FILE);
        path.is_file().then(|| read_json(&path)).transpose()
    }

    /// Whether it belongs to the model with this file of predictions.
    pub fn is_of(&self, predictions: &Path) -> bool {
        ContentHash::of_file(predictions).is_ok_and(|hash| hash == self.predictions)
    }

    /// The record in the form that the audit takes, in the order of the cohort's test images.
    pub(crate) fn looks(&self, cohort: &Cohort, classes: &Classes) -> Result<Looks, Error> {
        let damaged = |reason: String| Error::damaged(PathBuf::from(Self::FILE), reason);
        if self.classes.iter().map(String::as_str).ne(classes.names()) {
            return Err(damaged("it has other classes than the run".to_owned()));
        }
        let places: BTreeMap<&str, usize> = (0..)
            .zip(cohort.test())
            .map(|(place, position): (usize, usize)| (cohort.images()[position].id.as_str(), place))
            .collect();
        let mut ordered = Vec::with_capacity(self.images.len());
        for image in &self.images {
            let place = places.get(image.id.as_str());
            let place = place.ok_or_else(|| damaged(format!("{} is no test image", image.id)))?;
            if image.changed.len() != self.ablations.len() {
                return Err(damaged(format!("{} has not as many changes as the record", image.id)));
            }
            ordered.push((*place, image));
        }
        ordered.sort_by_key(|(place, _)| *place);
        let changed = self.ablations.iter().enumerate().map(|(at, &ablation)| {
            let rows: Vec<f64> = ordered
                .iter()
                .flat_map(|(_, image)| image.changed[at].probabilities.iter().copied())
                .collect();
            let values = Array2::from_shape_vec((ordered.len(), classes.len()), rows)
                .map_err(|_| damaged("an image has not as many probabilities as classes".to_owned()))?;
            Ok(Changed {
                ablation,
                removed: ordered.iter().map(|(_, image)| image.changed[at].removed).collect(),
                probabilities: Probabilities::new(classes, values)?,
            })
        });
        let changed = changed.collect::<Result<Vec<_>, Error>>()?;
        let kinds = ordered.first().map(|(_, image)| image.evidence.clone()).unwrap_or_default();
        let mut evidence = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let of = |image: &LookedImage| {
                let found = image.evidence.iter().find(|of| (of.of, of.place) == (kind.of, kind.place));
                found.copied().ok_or_else(|| damaged(format!("{} lacks a part", image.id)))
            };
            let all = ordered.iter().map(|(_, image)| of(image)).collect::<Result<Vec<_>, Error>>()?;
            evidence.push(Evidence {
                of: kind.of,
                place: kind.place,
                mass: all.iter().map(|of| of.mass).collect(),
                area: all.iter().map(|of| of.area).collect(),
            });
        }
        Ok(Looks {
            images: ordered.iter().map(|(place, _)| *place).collect(),
            masked: ordered.iter().filter(|(_, image)| image.masked).count(),
            changed,
            evidence,
        })
    }
}
