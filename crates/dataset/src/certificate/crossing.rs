//! What two sets of images have in common that they should not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::{
    DatasetError, PatientId, RecordId,
    group::{union::Union, unite_equal},
    manifest::{GroupId, Row},
    same_picture::SamePicture,
};

/// What crosses the border between two sets of images.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Crossing {
    /// One side.
    pub from: String,
    /// The other.
    pub to: String,
    /// Images of the one side.
    pub from_images: usize,
    /// Images of the other.
    pub to_images: usize,
    /// Patients with images on both sides.
    pub shared_patients: usize,
    /// Images of the other side whose patient is on the one.
    pub images_of_shared_patients: usize,
    /// Pictures of which both sides have an image.
    pub shared_pictures: usize,
    /// Images of the other side of which the one has a copy.
    pub images_with_copies: usize,
    /// Groups of the manifest with images on both sides.
    pub shared_groups: usize,
    /// Images of the other side that belong to the family of one on the one side: made from it, its original, or made from
    /// the same original.
    pub images_of_shared_families: usize,
    /// Sets with images on both sides: what hangs together through patients, pictures and families in turn, excluded images
    /// among them. One person under two names is one set where a picture, used or not, shows it.
    pub shared_sets: usize,
    /// Images of the other side that belong to such a set.
    pub images_of_shared_sets: usize,
    /// Some of what crosses.
    pub examples: Vec<Example>,
}

/// Two images that should not be on two sides.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[non_exhaustive]
pub struct Example {
    /// What they have in common: `picture`, `patient`, `family` or `group`; `chain` if only other images link them.
    pub shared: &'static str,
    /// The image on the one side.
    pub from: RecordId,
    /// The image on the other.
    pub to: RecordId,
}

/// Images of one side, as positions in the rows.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) rows: Vec<usize>,
}

/// Who is whose, computed from patients, parents and pixels anew.
pub(super) struct Facts<'a> {
    rows: &'a [Row],
    pictures: Vec<usize>,
    families: Vec<Option<usize>>,
    /// What hangs together through all three.
    sets: Vec<usize>,
}

/// Examples of each kind.
const EXAMPLES: usize = 5;

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

    /// Whether it is about what is trained on and what is validated on in the turn of one fold.
    pub(crate) fn is_turn(&self) -> bool {
        self.to.starts_with("validation of ")
    }
}

impl<'a> Facts<'a> {
    pub(super) fn new(rows: &'a [Row], pictures: &[SamePicture]) -> Result<Self, DatasetError> {
        let mut union = Union::new(rows.len());
        for pair in pictures {
            let position = pair.first.max(pair.second);
            if position >= rows.len() {
                return Err(DatasetError::NoSuchImage { position, images: rows.len() });
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
                let shown = |from: usize| kind == "chain" && linked.contains(&self.sets[from]);
                let pairs = found.pairs.values().filter(|(from, _)| !shown(*from)).map(|&(from, to)| {
                    Example { shared: kind, from: self.rows[from].id.clone(), to: self.rows[to].id.clone() }
                });
                examples.extend(pairs.collect::<BTreeSet<_>>().into_iter().take(EXAMPLES));
                linked.extend(found.pairs.values().map(|(from, _)| self.sets[*from]));
                (found.pairs.len(), found.images)
            };
        let (shared_pictures, images_with_copies) =
            shared("picture", &|at| Some(Key::Number(self.pictures[at])));
        let (shared_patients, images_of_shared_patients) =
            shared("patient", &|at| self.rows[at].patient.as_ref().map(Key::Patient));
        let (_, images_of_shared_families) = shared("family", &|at| self.families[at].map(Key::Number));
        let (shared_sets, images_of_shared_sets) = shared("chain", &|at| Some(Key::Number(self.sets[at])));
        let (shared_groups, _) = shared("group", &|at| Some(Key::Group(&self.rows[at].group)));
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
