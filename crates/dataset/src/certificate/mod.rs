//! Reports what leaks between the parts of a split: patients, pictures, groups and families on both sides of a border.
//!
//! A certificate is computed from a finished [`Manifest`] and from the pictures on disk, not from the groups that made the
//! split. So it finds a patient, a copy or an augmented child that an edited manifest has on both sides, although the
//! manifest says otherwise. It also holds the same counts for a plain random split of the same images, and which class
//! comes from which collection: grouping removes leaks, not confounding.
//!
//! ```no_run
//! use radiograph_dataset::certificate::Certificate;
//!
//! let certificate = Certificate::read("assembled/leakage.json".as_ref())?;
//! println!("{} test images have a copy in training", certificate.train_to_test.images_with_copies);
//! # Ok::<(), radiograph_dataset::certificate::CertificateError>(())
//! ```

mod crossing;
mod error;
mod text;

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_classes::Classes;
use serde::{Deserialize, Deserializer, Serialize};

pub use crossing::{Crossing, Example, LeakKind};
use crossing::{Facts, Side};
pub use error::CertificateError;
use radiograph_same_picture::{SamePicture, Search};

use crate::{
    Reason,
    group::NoSuchImage,
    manifest::{Manifest, Place, Row},
    scan::ClassBySource,
    split::{Kind, PartCount, Sample, Split},
};

/// Settings that a manifest was made with, as far as its certificate needs them to be computed again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Name of the recipe.
    pub recipe: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Split.
    pub split: Split,
    /// Collection that was held out, if one was, in place of a share of all images.
    #[serde(deserialize_with = "stated")]
    pub source_out: Option<String>,
    /// What counts as the same picture.
    pub search: Search,
    /// Classes, in their order.
    pub classes: Classes,
}

/// A leakage report for a split: what crosses the borders between its parts.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Certificate {
    /// Version of the file's format.
    pub format: Format,
    /// Settings that the manifest was made with.
    pub terms: Terms,
    /// Whether nothing crosses from training to test, nor from any fold's training images to its validation images. A split
    /// without training or test images is not clean: nothing was compared.
    pub clean: bool,
    /// Whether nothing crosses from training to test.
    pub test_clean: bool,
    /// Whether nothing crosses between the folds; true where there are none.
    pub folds_clean: bool,
    /// Number of images excluded, by code of the reason.
    pub excluded: BTreeMap<String, usize>,
    /// What each part holds.
    pub parts: Vec<PartCount>,
    /// What crosses from training to test.
    pub train_to_test: Crossing,
    /// What crosses between the training and validation images of each fold, and between every two folds and the test
    /// images.
    pub between_parts: Vec<Crossing>,
    /// Contrast: what `train_to_test` would be if the same images were split one by one.
    pub naive: Naive,
    /// Number of training and test images of each class from each collection.
    pub class_by_source: ClassBySource,
}

/// Version of a certificate's format.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Format {
    /// The only version that is read. Version 1 named no format.
    #[serde(rename = "radiograph-certificate-2")]
    V2,
}

/// The contrast: all images that could have been used, split at random and in proportion to classes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Naive {
    /// What crosses from training to test.
    Split(Crossing),
    /// There is no such split.
    Impossible {
        /// Why there is none.
        reason: String,
    },
}

/// Reads an optional value whose key must be there all the same.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

impl Certificate {
    /// Looks for everything that crosses. `pictures` are pairs of positions in the manifest's rows.
    ///
    /// # Errors
    ///
    /// [`NoSuchImage`] if a pair names a row that is not there.
    pub fn of(manifest: &Manifest, pictures: &[SamePicture], terms: Terms) -> Result<Self, NoSuchImage> {
        let rows = manifest.rows();
        let facts = Facts::new(rows, pictures)?;
        let side = |name: String, belongs: &dyn Fn(&Place) -> bool| Side {
            name,
            rows: (0..rows.len()).filter(|at| belongs(&rows[*at].place)).collect(),
        };
        let train = side("train".to_owned(), &|place| place.is_train());
        let test = side("test".to_owned(), &|place| *place == Place::Test);
        let train_to_test = facts.crossing(&train, &test);
        let test_clean = train_to_test.is_empty() && train_to_test.compares();

        let mut between_parts = Vec::new();
        let folds = Row::folds(rows);
        for &fold in &folds {
            let training = side(format!("training of fold {fold}"), &|place| place.trains_without(fold));
            let validation = side(format!("validation of fold {fold}"), &|place| place.validates_in(fold));
            between_parts.push(facts.crossing(&training, &validation));
        }
        let folds_clean = between_parts.iter().all(Crossing::is_empty);
        let mut parts: Vec<Side> = folds
            .iter()
            .map(|&fold| side(format!("fold {fold}"), &|place| place.fold() == Some(fold)))
            .collect();
        parts.push(side("train in every fold".to_owned(), &|place| {
            place.is_train() && place.fold().is_none()
        }));
        parts.push(test);
        parts.retain(|side| !side.rows.is_empty());
        for (at, one) in parts.iter().enumerate() {
            between_parts.extend(parts[at + 1..].iter().map(|other| facts.crossing(one, other)));
        }

        let mut excluded = BTreeMap::new();
        for row in rows {
            if let Place::Excluded { reason } = &row.place {
                *excluded.entry(reason.code.clone()).or_insert(0) += 1;
            }
        }
        let used = rows.iter().filter(|row| !row.place.is_excluded());
        Ok(Self {
            format: Format::V2,
            clean: test_clean && folds_clean,
            test_clean,
            folds_clean,
            excluded,
            parts: PartCount::all(rows),
            naive: naive(rows, &facts, &terms),
            train_to_test,
            between_parts,
            class_by_source: ClassBySource::count(
                used.filter_map(|row| Some((row.class.as_ref()?, row.origin()))),
            ),
            terms,
        })
    }

    /// Reads a certificate. Every key of the format must be there and no other.
    ///
    /// # Errors
    ///
    /// [`CertificateError::Read`] if the system refuses the file, [`CertificateError::Invalid`] if its content is no
    /// certificate of this version.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        let text = fs::read_to_string(path)
            .map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
        serde_json::from_str(&text).map_err(|error| CertificateError::Invalid {
            path: path.to_owned(),
            reason: format!("no certificate of this version: {error}"),
        })
    }

    /// The certificate as it is written to `leakage.json`, with a line break at the end.
    pub fn to_json(&self) -> String {
        // Names, numbers and lists of them: nothing that JSON cannot hold.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Whether an image could have been used, had choices been others: what a naive split would have.
fn could_be_used(row: &Row) -> bool {
    match &row.place {
        Place::Excluded { reason } => row.class.is_some() && Reason::CHOICES.contains(&reason.code.as_str()),
        _ => row.class.is_some(),
    }
}

/// Whether an image was compared with the others when the manifest was made: it passed the filters and could be decoded.
pub(crate) fn was_compared(row: &Row) -> bool {
    could_be_used(row) || matches!(&row.place, Place::Excluded { reason } if reason.code == "label-conflict")
}

fn naive(rows: &[Row], facts: &Facts<'_>, terms: &Terms) -> Naive {
    let usable: Vec<usize> = (0..rows.len()).filter(|at| could_be_used(&rows[*at])).collect();
    let samples: Vec<Sample> = usable.iter().filter_map(|at| Sample::of_row(&rows[*at])).collect();
    let split = Split { kind: Kind::ImageLevelWithAugmented, test: terms.split.test, folds: 0 };
    match split.places(&samples, terms.seed) {
        Ok(places) => {
            let side = |name: &str, tested: bool| {
                let belongs =
                    usable.iter().zip(&places).filter(|(_, place)| (**place == Place::Test) == tested);
                Side { name: name.to_owned(), rows: belongs.map(|(at, _)| *at).collect() }
            };
            Naive::Split(facts.crossing(&side("train", false), &side("test", true)))
        }
        Err(error) => Naive::Impossible { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
