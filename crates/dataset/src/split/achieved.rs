//! Counts the images, groups and patients of each part of a finished split.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    ClassName,
    manifest::{Place, Row},
};

/// Numbers of images, groups and patients of one part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PartCount {
    /// `train`, `test` or `fold 1`, ….
    pub part: String,
    /// Number of images.
    pub images: usize,
    /// Number of augmented images.
    pub augmented: usize,
    /// Number of drawings (phantoms).
    pub drawn: usize,
    /// Number of groups.
    pub groups: usize,
    /// Number of known patients.
    pub patients: usize,
    /// Number of images of each class.
    pub classes: BTreeMap<ClassName, usize>,
}

impl PartCount {
    /// Counts the rows of a manifest: training images, test images, and what is validated on in each fold.
    pub fn all(rows: &[Row]) -> Vec<Self> {
        let mut parts = vec![
            Self::of("train", rows.iter().filter(|row| row.place.is_train())),
            Self::of("test", rows.iter().filter(|row| row.place == Place::Test)),
        ];
        parts.extend(Row::folds(rows).into_iter().map(|fold| {
            let validated = rows.iter().filter(|row| row.place.validates_in(fold));
            Self::of(&format!("fold {fold}"), validated)
        }));
        parts
    }

    fn of<'a>(part: &str, rows: impl Iterator<Item = &'a Row>) -> Self {
        let (mut groups, mut patients) = (BTreeSet::new(), BTreeSet::new());
        let mut count = Self {
            part: part.to_owned(),
            images: 0,
            augmented: 0,
            drawn: 0,
            groups: 0,
            patients: 0,
            classes: BTreeMap::new(),
        };
        for row in rows {
            count.images += 1;
            count.augmented += usize::from(row.augmented);
            count.drawn += usize::from(row.drawn);
            groups.insert(&row.group);
            patients.extend(&row.patient);
            if let Some(class) = &row.class {
                *count.classes.entry(class.clone()).or_insert(0) += 1;
            }
        }
        (count.groups, count.patients) = (groups.len(), patients.len());
        count
    }
}
