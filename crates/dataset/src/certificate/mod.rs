//! Reports what leaks between the parts of a split: patients, pictures, groups and families on both sides of a border.
//!
//! A certificate is computed from a finished [`Manifest`] and from the pictures on disk, not from the groups that made the
//! split. So it finds a patient, a copy or an augmented child that an edited manifest has on both sides, although the
//! manifest says otherwise. It says what it could not look at ([`Coverage`]): nothing found is [`Verdict::Clean`] only if
//! everything was compared. It also holds the same counts for a plain random split of the same images, and which class
//! comes from which collection: grouping removes leaks, not confounding.
//!
//! ```no_run
//! use radiograph_dataset::certificate::Certificate;
//!
//! let certificate = Certificate::read("assembled/leakage.json".as_ref())?;
//! println!("{}", certificate.sentence);
//! # Ok::<(), radiograph_dataset::certificate::CertificateError>(())
//! ```

mod coverage;
mod crossing;
mod error;
mod seal;
mod text;
mod verdict;

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_classes::Classes;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use coverage::{Coverage, PictureSearch, Sight};
pub use crossing::{Crossing, Example, LeakKind};
use crossing::{Facts, Side};
pub use error::CertificateError;
use radiograph_files::ContentHash;
use radiograph_same_picture::Search;
pub use verdict::Verdict;

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
    /// Whether patients are named by pseudonyms.
    pub pseudonyms: bool,
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
    /// SHA-256 of the manifest's file.
    pub manifest: ContentHash,
    /// Verdict.
    pub verdict: Verdict,
    /// The verdict in one sentence, with all that could not be looked at.
    pub sentence: String,
    /// What could be looked at.
    pub coverage: Coverage,
    /// Number of images excluded, by code of the reason.
    pub excluded: BTreeMap<String, usize>,
    /// What each part holds.
    pub parts: Vec<PartCount>,
    /// What crosses from training to test.
    pub train_to_test: Crossing,
    /// What crosses from the training images to the validation images of each fold.
    pub folds: Vec<Crossing>,
    /// Contrast: what `train_to_test` would be if the same images were split one by one.
    pub naive: Naive,
    /// Number of training and test images of each class from each collection.
    pub class_by_source: ClassBySource,
}

/// Version of a certificate's format.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Format {
    /// The only version that is read. Earlier ones did not say what they could not look at.
    #[serde(rename = "radiograph-certificate-3")]
    V3,
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
    /// Looks for everything that crosses.
    ///
    /// # Errors
    ///
    /// [`NoSuchImage`] if a pair names a row that is not there, or rows and sights are not of one number.
    pub fn of(manifest: &Manifest, pictures: &PictureSearch, terms: Terms) -> Result<Self, NoSuchImage> {
        let rows = manifest.rows();
        if pictures.sights.len() != rows.len() {
            return Err(NoSuchImage { position: pictures.sights.len(), images: rows.len() });
        }
        let facts = Facts::new(rows, &pictures.pairs)?;
        let side = |name: String, belongs: &dyn Fn(&Place) -> bool| Side {
            name,
            rows: (0..rows.len()).filter(|at| belongs(&rows[*at].place)).collect(),
        };
        let train = side("train".to_owned(), &|place| place.is_train());
        let test = side("test".to_owned(), &|place| *place == Place::Test);
        let train_to_test = facts.crossing(&train, &test);
        let turn = |fold: u32| {
            let training = side(format!("training of fold {fold}"), &|place| place.trains_without(fold));
            let validation = side(format!("validation of fold {fold}"), &|place| place.validates_in(fold));
            facts.crossing(&training, &validation)
        };
        let folds: Vec<Crossing> = Row::folds(rows).into_iter().map(turn).collect();
        let coverage = Coverage::of(
            rows,
            &pictures.sights,
            terms.pseudonyms,
            (terms.split.folds, &folds),
            &terms.search,
        );

        let mut excluded = BTreeMap::new();
        for row in rows {
            if let Place::Excluded { reason } = &row.place {
                *excluded.entry(reason.code.clone()).or_insert(0) += 1;
            }
        }
        let used = rows.iter().filter(|row| !row.place.is_excluded());
        let mut certificate = Self {
            format: Format::V3,
            manifest: manifest.content_hash(),
            // Both are settled by `judge`.
            verdict: Verdict::Inconclusive,
            sentence: String::new(),
            coverage,
            excluded,
            parts: PartCount::all(rows),
            naive: naive(rows, &facts, &terms),
            train_to_test,
            folds,
            class_by_source: ClassBySource::count(
                used.filter_map(|row| Some((row.class.as_ref()?, row.origin()))),
            ),
            terms,
        };
        certificate.judge();
        Ok(certificate)
    }

    /// Reads a certificate. Every key of the format must be there and no other.
    ///
    /// # Errors
    ///
    /// [`CertificateError::Read`] if the system refuses the file, [`CertificateError::Invalid`] if its content is no
    /// certificate of this version, [`CertificateError::Edited`] if its text was changed.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        match Self::read_even_edited(path)? {
            (certificate, true) => Ok(certificate),
            (_, false) => Err(CertificateError::Edited { path: path.to_owned() }),
        }
    }

    /// Reads a certificate, and says whether its text is the one that was written.
    pub(crate) fn read_even_edited(path: &Path) -> Result<(Self, bool), CertificateError> {
        let text = fs::read_to_string(path)
            .map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
        let invalid = |reason: String| CertificateError::Invalid {
            path: path.to_owned(),
            reason: format!("no certificate of this version: {reason}"),
        };
        let mut value: Value = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        let sealed = seal::unseal(&text, &mut value);
        let certificate = serde_json::from_value(value).map_err(|error| invalid(error.to_string()))?;
        Ok((certificate, sealed.ok_or_else(|| invalid("it has no seal".to_owned()))?))
    }

    /// The certificate as it is written to `leakage.json`, sealed, with a line break at the end.
    pub fn to_json(&self) -> String {
        // Names, numbers and lists of them: nothing that JSON cannot hold.
        seal::sealed(&serde_json::to_string_pretty(self).unwrap_or_default())
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
