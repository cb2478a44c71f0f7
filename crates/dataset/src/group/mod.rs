//! Groups images that must stay together: of one picture, of one patient, or made from one another.
//!
//! Two kinds of sets are formed. A **picture** is a set of images that show the same picture or were made from it; its
//! images cannot sensibly have two classes. A **group** unites pictures through patients as well; a group goes to one
//! part of a split as a whole. One patient may well be healthy in one image and ill in the next.

mod error;
mod summary;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use error::NoSuchImage;
use radiograph_files::ContentHash;
use radiograph_same_picture::SamePicture;
use serde::Serialize;
pub use summary::GroupSummary;

use crate::{ClassName, GroupId, Origin, PatientId, Record, RecordId, union::Union};

/// Images of a list, united into pictures and groups.
#[derive(Clone, Debug)]
pub struct Groups {
    pictures: Vec<usize>,
    groups: Vec<usize>,
    names: Vec<GroupId>,
    conflicts: Vec<Conflict>,
}

/// One picture to which its collections give different classes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Conflict {
    /// The group that it belongs to.
    pub group: GroupId,
    /// Its images, by order of ids.
    pub images: Vec<RecordId>,
    /// The classes that are claimed.
    pub classes: BTreeSet<ClassName>,
    #[serde(skip)]
    picture: usize,
}

/// Rule for a picture with several classes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictRule {
    /// All its images are excluded, because the right class is unknown.
    #[default]
    ExcludePicture,
    /// The whole group is excluded, other images of the patient included.
    ExcludeGroup,
    /// Nothing: every image keeps the class that its collection gives it.
    Keep,
}

impl Groups {
    /// Unites records. `pairs` are positions in `records`.
    ///
    /// Neither the order of the records nor that of the pairs changes what is united or how groups are called.
    ///
    /// # Errors
    ///
    /// [`NoSuchImage`] if a pair names a position that `records` does not have.
    pub fn of(records: &[&Record], pairs: &[SamePicture]) -> Result<Self, NoSuchImage> {
        Self::with_links(records, pairs, &[])
    }

    /// As [`Groups::of`], and records of one set are of one group: [`sets_of`] all images, those among them that are not
    /// used. Without `sets` only the records themselves are looked at.
    pub(crate) fn with_links(
        records: &[&Record],
        pairs: &[SamePicture],
        sets: &[usize],
    ) -> Result<Self, NoSuchImage> {
        let mut union = Union::new(records.len());
        for pair in pairs {
            let position = pair.first.max(pair.second);
            if position >= records.len() {
                return Err(NoSuchImage { position, images: records.len() });
            }
            union.unite(pair.first, pair.second);
        }
        unite_families(records, &mut union);
        let pictures = Union::sets(union);

        let mut union = Union::new(records.len());
        unite_equal(pictures.iter().map(Some), &mut union);
        unite_equal(records.iter().map(|record| record.patient.as_ref()), &mut union);
        unite_equal(sets.iter().map(Some), &mut union);
        let groups = union.sets();

        let mut firsts: Vec<Option<&RecordId>> = vec![None; groups.iter().max().map_or(0, |last| last + 1)];
        for (record, &group) in records.iter().zip(&groups) {
            let first = &mut firsts[group];
            if first.is_none_or(|first| record.id < *first) {
                *first = Some(&record.id);
            }
        }
        // Every number of a group is that of some record.
        let names: Vec<GroupId> = firsts.into_iter().flatten().map(GroupId::from).collect();
        let conflicts = conflicts(records, &pictures, &groups, &names);
        Ok(Self { pictures, groups, names, conflicts })
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The group of the image at this position.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn group(&self, image: usize) -> &GroupId {
        &self.names[self.groups[image]]
    }

    /// The number of the picture that the image at this position shows: equal numbers, one picture.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn picture(&self, image: usize) -> usize {
        self.pictures[image]
    }

    /// The groups of some of the images, in this order, without conflicts; images connected through others that are not
    /// selected stay connected.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn select(&self, images: &[usize]) -> Self {
        let of = |numbers: &[usize]| images.iter().map(|&image| numbers[image]).collect();
        let (pictures, groups) = (of(&self.pictures), of(&self.groups));
        Self { pictures, groups, names: self.names.clone(), conflicts: Vec::new() }
    }

    /// Pictures with several classes, by order of their groups' names.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// For every image, the classes that its picture (or group) is given, if a rule excludes it for them.
    pub fn in_conflict(&self, rule: ConflictRule) -> Vec<Option<&Conflict>> {
        let by_picture: HashMap<usize, &Conflict> =
            self.conflicts.iter().map(|conflict| (conflict.picture, conflict)).collect();
        let by_group: HashMap<&GroupId, &Conflict> =
            self.conflicts.iter().map(|conflict| (&conflict.group, conflict)).collect();
        let of = |image: usize| match rule {
            ConflictRule::Keep => None,
            ConflictRule::ExcludePicture => by_picture.get(&self.pictures[image]).copied(),
            ConflictRule::ExcludeGroup => by_group.get(self.group(image)).copied(),
        };
        (0..self.len()).map(of).collect()
    }
}

/// The number of each record's set. Records are connected by patients, families and equal bytes; links are transitive.
pub(crate) fn sets_of(records: &[&Record], contents: &[ContentHash]) -> Vec<usize> {
    let mut union = Union::new(records.len());
    unite_families(records, &mut union);
    unite_equal(contents.iter().map(Some), &mut union);
    unite_equal(records.iter().map(|record| record.patient.as_ref()), &mut union);
    union.sets()
}

/// Unites images with their parents, and children of one parent with each other where the parent is not there.
fn unite_families(records: &[&Record], union: &mut Union) {
    let positions: HashMap<&RecordId, usize> =
        records.iter().enumerate().map(|(at, record)| (&record.id, at)).collect();
    let mut children: HashMap<&RecordId, usize> = HashMap::new();
    for (child, record) in records.iter().enumerate() {
        if let Origin::AugmentedFrom(parent) = &record.origin {
            let relative = positions.get(parent).or_else(|| children.get(parent)).copied();
            if let Some(relative) = relative {
                union.unite(child, relative);
            }
            children.entry(parent).or_insert(child);
        }
    }
}

/// Unites elements whose keys are equal; those without a key stay alone.
pub(crate) fn unite_equal<K: Eq + std::hash::Hash>(keys: impl Iterator<Item = Option<K>>, union: &mut Union) {
    let mut firsts: HashMap<K, usize> = HashMap::new();
    for (image, key) in keys.enumerate() {
        if let Some(key) = key {
            let first = *firsts.entry(key).or_insert(image);
            union.unite(first, image);
        }
    }
}

fn conflicts(records: &[&Record], pictures: &[usize], groups: &[usize], names: &[GroupId]) -> Vec<Conflict> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (image, &picture) in pictures.iter().enumerate() {
        members.entry(picture).or_default().push(image);
    }
    let of_picture = |(picture, images): (usize, Vec<usize>)| {
        let classes: BTreeSet<ClassName> =
            images.iter().filter_map(|&image| records[image].class().cloned()).collect();
        (classes.len() > 1).then(|| {
            let group = names[groups[images[0]]].clone(); // no picture is without images
            let mut images: Vec<RecordId> = images.iter().map(|&image| records[image].id.clone()).collect();
            images.sort();
            Conflict { group, images, classes, picture }
        })
    };
    let mut conflicts: Vec<Conflict> = members.into_iter().filter_map(of_picture).collect();
    conflicts.sort_by(|one, other| (&one.group, &one.images).cmp(&(&other.group, &other.images)));
    conflicts
}

/// Patients with images of several classes, which is no conflict but worth knowing.
pub(crate) fn patients_of_several_classes(records: &[&Record]) -> usize {
    let mut classes: HashMap<&PatientId, BTreeSet<&ClassName>> = HashMap::new();
    for record in records {
        if let (Some(patient), Some(class)) = (&record.patient, record.class()) {
            classes.entry(patient).or_default().insert(class);
        }
    }
    classes.values().filter(|classes| classes.len() > 1).count()
}

#[cfg(test)]
mod tests;
