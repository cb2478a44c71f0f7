//! Finds what two sets of images share: patients, pictures, families, groups, and chains of these.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use radiograph_same_picture::SamePicture;
use serde::{Deserialize, Serialize};

use crate::{
    GroupId, PatientId, RecordId,
    group::{NoSuchImage, unite_equal},
    manifest::Row,
    union::Union,
};

/// What two sets of images share.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Crossing {
    /// Name of the one side.
    pub from: String,
    /// Name of the other side.
    pub to: String,
    /// Number of images on the one side.
    pub from_images: usize,
    /// Number of images on the other side.
    pub to_images: usize,
    /// Number of patients with images on both sides.
    pub shared_patients: usize,
    /// Number of images on the other side whose patient is on the one side.
    pub images_of_shared_patients: usize,
    /// Number of pictures with an image on both sides.
    pub shared_pictures: usize,
    /// Number of images on the other side with a copy on the one side.
    pub images_with_copies: usize,
    /// Number of groups of the manifest with images on both sides.
    pub shared_groups: usize,
    /// Number of images on the other side with a relative on the one side: made from it, its original, or made from the same
    /// original.
    pub images_of_shared_families: usize,
    /// Number of connected sets with images on both sides. Images are connected by patients, pictures and families; links are
    /// transitive and pass through excluded images. One person under two names is one set if a picture, used or not, shows it.
    pub shared_sets: usize,
    /// Number of images on the other side that belong to such a set.
    pub images_of_shared_sets: usize,
    /// Examples of what crosses, a few of each kind.
    pub examples: Vec<Example>,
}

/// Two images that should not be on two sides.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Example {
    /// What the two have in common.
    pub shared: LeakKind,
    /// Image on the one side.
    pub from: RecordId,
    /// Image on the other side.
    pub to: RecordId,
}

/// What two images on two sides have in common.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LeakKind {
    /// Nothing by themselves; other images link them.
    Chain,
    /// An image that both were made from, or one was made from the other.
    Family,
    /// The group that the manifest states.
    Group,
    /// The patient.
    Patient,
    /// The picture.
    Picture,
}

/// Images of one side, as positions in the rows.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) rows: Vec<usize>,
}

/// Patients, pictures, families and sets of all rows, computed anew from patients, parents and pixels.
pub(super) struct Facts<'a> {
    rows: &'a [Row],
    pictures: Vec<usize>,
    families: Vec<Option<usize>>,
    /// Connected sets through patients, pictures and families.
    sets: Vec<usize>,
}

/// Examples of each kind.
const EXAMPLES: usize = 5;

impl fmt::Display for LeakKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Chain => "chain",
            Self::Family => "family",
            Self::Group => "group",
            Self::Patient => "patient",
            Self::Picture => "picture",
        })
    }
}

impl Crossing {
    /// Whether nothing crosses.
    pub fn is_empty(&self) -> bool {
        self.shared_patients
            + self.shared_pictures
            + self.shared_groups
            + self.images_of_shared_families
            + self.shared_sets
            == 0
    }

    /// Whether there are images on both sides.
    pub(super) fn compares(&self) -> bool {
        self.from_images > 0 && self.to_images > 0
    }
}

impl<'a> Facts<'a> {
    pub(super) fn new(rows: &'a [Row], pictures: &[SamePicture]) -> Result<Self, NoSuchImage> {
        let mut union = Union::new(rows.len());
        for pair in pictures {
            let position = pair.first.max(pair.second);
            if position >= rows.len() {
                return Err(NoSuchImage { position, images: rows.len() });
            }
            union.unite(pair.first, pair.second);
        }
        // Equal bytes are one picture, whatever was searched for.
        let mut first_with = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            union.unite(*first_with.entry(row.content_hash).or_insert(at), at);
        }
        let (pictures, families) = (union.sets(), families(rows));
        let mut union = Union::new(rows.len());
        unite_equal(pictures.iter().map(Some), &mut union);
        unite_equal(families.iter().map(Option::as_ref), &mut union);
        unite_equal(rows.iter().map(|row| row.patient.as_ref()), &mut union);
        Ok(Self { rows, pictures, families, sets: union.sets() })
    }

    pub(super) fn crossing(&self, from: &Side, to: &Side) -> Crossing {
        let (mut examples, mut linked) = (BTreeSet::new(), BTreeSet::new());
        let mut shared =
            |kind, key: &dyn Fn(usize) -> Option<Key<'a>>| {
                let found = Shared::of(from, to, key);
                // A set of which another example is shown already needs none of its own.
                let shown = |from: usize| kind == LeakKind::Chain && linked.contains(&self.sets[from]);
                let pairs = found.pairs.values().filter(|(from, _)| !shown(*from)).map(|&(from, to)| {
                    Example { shared: kind, from: self.rows[from].id.clone(), to: self.rows[to].id.clone() }
                });
                examples.extend(pairs.collect::<BTreeSet<_>>().into_iter().take(EXAMPLES));
                linked.extend(found.pairs.values().map(|(from, _)| self.sets[*from]));
                (found.pairs.len(), found.images)
            };
        let (shared_pictures, images_with_copies) =
            shared(LeakKind::Picture, &|at| Some(Key::Number(self.pictures[at])));
        let (shared_patients, images_of_shared_patients) =
            shared(LeakKind::Patient, &|at| self.rows[at].patient.as_ref().map(Key::Patient));
        let (_, images_of_shared_families) =
            shared(LeakKind::Family, &|at| self.families[at].map(Key::Number));
        let (shared_sets, images_of_shared_sets) =
            shared(LeakKind::Chain, &|at| Some(Key::Number(self.sets[at])));
        let (shared_groups, _) = shared(LeakKind::Group, &|at| Some(Key::Group(&self.rows[at].group)));
        Crossing {
            from: from.name.clone(),
            to: to.name.clone(),
            from_images: from.rows.len(),
            to_images: to.rows.len(),
            shared_patients,
            images_of_shared_patients,
            shared_pictures,
            images_with_copies,
            shared_groups,
            images_of_shared_families,
            shared_sets,
            images_of_shared_sets,
            examples: examples.into_iter().collect(),
        }
    }
}

/// What images are compared by.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Key<'a> {
    Number(usize),
    Patient(&'a PatientId),
    Group(&'a GroupId),
}

/// Keys that both sides have: for each, one image of either side.
struct Shared<'a> {
    pairs: BTreeMap<Key<'a>, (usize, usize)>,
    /// Images of the second side that have one of these keys.
    images: usize,
}

impl<'a> Shared<'a> {
    fn of(from: &Side, to: &Side, key: &dyn Fn(usize) -> Option<Key<'a>>) -> Self {
        let mut known: HashMap<Key<'_>, usize> = HashMap::new();
        for &at in &from.rows {
            if let Some(key) = key(at) {
                known.entry(key).or_insert(at);
            }
        }
        let mut shared = Self { pairs: BTreeMap::new(), images: 0 };
        for &at in &to.rows {
            if let Some(key) = key(at)
                && let Some(&other) = known.get(&key)
            {
                shared.images += 1;
                shared.pairs.entry(key).or_insert((other, at));
            }
        }
        shared
    }
}

/// The number of the family of each image that is augmented or was augmented from: an original and all that was made from
/// it, directly or not, whether or not the original is there.
fn families(rows: &[Row]) -> Vec<Option<usize>> {
    let mut numbers: HashMap<&RecordId, usize> = HashMap::new();
    let mut links = Vec::new();
    for row in rows {
        if let Some(parent) = &row.parent {
            let [child, parent] = [&row.id, parent].map(|id| {
                let next = numbers.len();
                *numbers.entry(id).or_insert(next)
            });
            links.push((child, parent));
        }
    }
    let mut union = Union::new(numbers.len());
    for (child, parent) in links {
        union.unite(child, parent);
    }
    let sets = union.sets();
    rows.iter().map(|row| numbers.get(&row.id).map(|number| sets[*number])).collect()
}
