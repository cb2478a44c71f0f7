//! Splits images into training, validation and test.
//!
//! A split deals **units**: whole groups ([`Kind::Grouped`]), or single images as if they had nothing to do with one
//! another ([`Kind::ImageLevel`]), which is what most published splits do and what lets a picture be trained and tested
//! on at once. Every class is dealt in proportion. Chance goes by ids, so the order of the samples does not matter.
//!
//! ```
//! use radiograph_classes::{COVID_19, NORMAL};
//! use radiograph_dataset::{manifest::Place, split::{Kind, Sample, Split}};
//!
//! // Twelve patients with two images each.
//! let samples: Vec<Sample> = (0..24)
//!     .map(|image| Sample {
//!         id: format!("clinic:{image}").parse().expect("an id"),
//!         class: if image < 12 { COVID_19 } else { NORMAL }.into(),
//!         group: format!("clinic:patient-{}", image / 2).into(),
//!         augmented: false,
//!         parent: None,
//!     })
//!     .collect();
//! let split = Split { kind: Kind::Grouped, test: 1.0 / 3.0, folds: 2 };
//! let places = split.places(&samples, 7)?;
//! assert_eq!(places.iter().filter(|place| **place == Place::Test).count(), 8);
//! assert!(places.chunks(2).all(|patient| patient[0] == patient[1]));
//! # Ok::<(), radiograph_dataset::split::SplitError>(())
//! ```

mod achieved;
mod cover;
mod deal;
mod error;
mod hold_out;
mod source_out;
mod units;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

pub use achieved::PartCount;
pub use error::SplitError;
use hold_out::{hold_out, hold_out_around_cover};
pub use source_out::{Abstention, SourceOut, leave_one_source_out};
use units::Units;

use crate::{
    ClassName, GroupId, Origin, Reason, Record, RecordId, SourceName,
    manifest::{Place, Row},
};

/// The facts about an image that a split needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sample {
    /// The image.
    pub id: RecordId,
    /// Class.
    pub class: ClassName,
    /// Group.
    pub group: GroupId,
    /// Whether it was made from another image.
    pub augmented: bool,
    /// The image that it was made from, where known.
    pub parent: Option<RecordId>,
}

/// Unit of a split, and which images may be scored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Groups, whole. Augmented images are trained on where their group is, and never scored.
    Grouped,
    /// Images, one by one: copies and other images of the same patient may be on both sides. Augmented images are never
    /// scored, and those whose parent is known are trained on where it is.
    ImageLevel,
    /// Images, one by one, augmented ones like all others.
    ImageLevelWithAugmented,
}

/// A hold-out of test images, and folds of the rest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Unit of the split.
    pub kind: Kind,
    /// Share of all images in the test part, above 0 and below 1.
    pub test: f64,
    /// Number of folds of the training images, at least 2; 0 for none.
    pub folds: u32,
}

impl Sample {
    /// A record as a sample; `None` if it has no class.
    pub fn of(record: &Record, group: &GroupId) -> Option<Self> {
        let parent = match &record.origin {
            Origin::AugmentedFrom(parent) => Some(parent.clone()),
            _ => None,
        };
        Some(Self {
            id: record.id.clone(),
            class: record.class()?.clone(),
            group: group.clone(),
            augmented: record.origin.is_augmented(),
            parent,
        })
    }

    /// A row of a manifest as a sample, wherever it went; `None` if it has no class.
    pub fn of_row(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.id.clone(),
            class: row.class.clone()?,
            group: row.group.clone(),
            augmented: row.augmented,
            parent: row.parent.clone(),
        })
    }
}

impl Split {
    /// The place of every sample. No class is missing from the test images or from a fold: groups are dealt in proportion,
    /// and where that leaves a class out, the groups that each part needs are searched for first.
    ///
    /// # Errors
    ///
    /// [`SplitError::Setting`] if a field is out of its range, [`SplitError::TooFewGroups`] if a class has fewer groups
    /// than parts, [`SplitError::PartsWithoutClass`] if groups of several classes cannot be dealt so that every part has
    /// every class.
    pub fn places(&self, samples: &[Sample], seed: u64) -> Result<Vec<Place>, SplitError> {
        if !(self.test > 0.0 && self.test < 1.0) {
            return Err(SplitError::Setting { field: "test", remedy: "give a share between 0 and 1" });
        }
        let (units, folds) = (Units::of(samples, self.kind), self.folds as usize);
        if let Some(tested) = hold_out(&units, self.test, folds, seed)? {
            match self.places_around(samples, &units, &tested, seed) {
                // Another test part may leave groups that can be dealt to folds.
                Err(SplitError::PartsWithoutClass { .. }) => {}
                outcome => return outcome,
            }
        }
        let tested = hold_out_around_cover(&units, self.test, folds, seed)?;
        self.places_around(samples, &units, &tested, seed)
    }

    /// The place of every sample, given the units that are tested on.
    fn places_around(
        &self,
        samples: &[Sample],
        units: &Units,
        tested: &[bool],
        seed: u64,
    ) -> Result<Vec<Place>, SplitError> {
        let mut places: Vec<Place> = samples
            .iter()
            .enumerate()
            .map(|(at, sample)| match tested[units.unit(at)] {
                true if self.kind.scores(sample) => Place::Test,
                true => Place::from(&Reason::ParentTested(sample.group.clone())),
                false => Place::Train { fold: None, validates: false },
            })
            .collect();
        if self.kind == Kind::ImageLevel {
            exclude_children_of_the_tested(samples, &mut places);
        }
        self.fold(samples, &mut places, seed)?;
        Ok(places)
    }

    /// The place of every sample where one collection is tested on and the others are trained on, in folds; the share of
    /// test images is what the collection has.
    ///
    /// # Errors
    ///
    /// [`SplitError::SourceOut`] if a class would be missing on a side, else as [`Split::places`].
    pub fn places_without(
        &self,
        source: &SourceName,
        samples: &[Sample],
        seed: u64,
    ) -> Result<Vec<Place>, SplitError> {
        let refused = |reason: String| SplitError::SourceOut { held_out: source.clone(), reason };
        let out = leave_one_source_out(samples).into_iter().find(|out| out.source == *source);
        let out = out.ok_or_else(|| refused("no image of it is left".to_owned()))?;
        let mut places = out.places.map_err(|abstention| refused(abstention.to_string()))?;
        self.fold(samples, &mut places, seed)?;
        Ok(places)
    }

    /// Deals training images to folds.
    fn fold(&self, samples: &[Sample], places: &mut [Place], seed: u64) -> Result<(), SplitError> {
        if self.folds > 0 {
            let trained: Vec<usize> = (0..samples.len()).filter(|at| places[*at].is_train()).collect();
            let training: Vec<Sample> = trained.iter().map(|&at| samples[at].clone()).collect();
            let folds = k_fold(&training, self.kind, self.folds, seed)?;
            for (at, place) in trained.into_iter().zip(folds) {
                places[at] = place;
            }
        }
        Ok(())
    }
}

impl Kind {
    /// Whether an image may be tested and validated on.
    pub fn scores(self, sample: &Sample) -> bool {
        self == Self::ImageLevelWithAugmented || !sample.augmented
    }
}

/// Deals samples to folds for cross-validation; the place of each is [`Place::Train`]. Every image that may be scored is
/// validated on exactly once.
///
/// # Errors
///
/// [`SplitError::Setting`] if there are fewer than 2 folds or more than [`Place::FOLD_LIMIT`], else as [`Split::places`].
pub fn k_fold(samples: &[Sample], kind: Kind, folds: u32, seed: u64) -> Result<Vec<Place>, SplitError> {
    if !(2..=Place::FOLD_LIMIT).contains(&folds) {
        return Err(SplitError::Setting { field: "folds", remedy: "give 2 to 1000" });
    }
    let units = Units::of(samples, kind);
    let dealt = deal::deal(&units, folds as usize, seed)?;
    let own: Vec<Option<u32>> = (0..samples.len()).map(|at| dealt[units.unit(at)]).collect();
    let by_id: HashMap<&RecordId, usize> =
        samples.iter().enumerate().map(|(at, sample)| (&sample.id, at)).collect();
    let place = |(at, sample): (usize, &Sample)| {
        let validates = kind.scores(sample);
        let fold = match kind {
            // Held out with the image that it was made from; nothing holds out an image of unknown parents.
            Kind::ImageLevel if sample.augmented => ancestor(samples, &by_id, at).and_then(|at| own[at]),
            _ => own[at],
        };
        Place::Train { fold, validates: validates && fold.is_some() }
    };
    Ok(samples.iter().enumerate().map(place).collect())
}

/// Several cross-validations of the same samples, each with its own random draw.
///
/// # Errors
///
/// As [`k_fold`].
pub fn repeated_k_fold(
    samples: &[Sample],
    kind: Kind,
    folds: u32,
    repeats: u32,
    seed: u64,
) -> Result<Vec<Vec<Place>>, SplitError> {
    let seed_of = |repeat: u32| radiograph_random::Stream::new(seed, "repeat").numbered(repeat.into()).bits();
    (0..repeats).map(|repeat| k_fold(samples, kind, folds, seed_of(repeat))).collect()
}

/// The original that an augmented sample goes back to, if it is there.
fn ancestor(samples: &[Sample], by_id: &HashMap<&RecordId, usize>, child: usize) -> Option<usize> {
    let (mut at, mut seen) = (child, HashSet::new());
    while samples[at].augmented {
        if !seen.insert(at) {
            return None; // two images that claim to be made from each other
        }
        at = *by_id.get(samples[at].parent.as_ref()?)?;
    }
    Some(at)
}

fn exclude_children_of_the_tested(samples: &[Sample], places: &mut [Place]) {
    let by_id: HashMap<&RecordId, usize> =
        samples.iter().enumerate().map(|(at, sample)| (&sample.id, at)).collect();
    for (at, sample) in samples.iter().enumerate() {
        if let Some(original) = ancestor(samples, &by_id, at).filter(|original| *original != at)
            && places[original] == Place::Test
        {
            places[at] = Place::from(&Reason::ParentTested(sample.group.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
