//! Turns records into a manifest by the settings of a recipe.
//!
//! Works on metadata and on pairs of same pictures that were found elsewhere; reads no file.

mod named;

use std::path::Path;

use radiograph_classes::Classes;
use radiograph_files::ContentHash;
use radiograph_image::Stated;
use radiograph_same_picture::{SamePicture, Search};

use crate::{
    DatasetError, GroupId, Origin, PatientId, Reason, Record, RecordId, SourceName,
    assemble::Filters,
    balance::{Balance, Shortfall},
    certificate::Terms,
    group::{ConflictRule, GroupSummary, Groups, NoSuchImage, sets_of},
    manifest::{Manifest, Place, PrivateFile, PrivateFiles, Row, picture_hash},
    split::{Sample, Split},
};

/// All settings that decide which image goes to which part, except for the seed.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Name that the certificate records: `paper`, `released-code`, `trustworthy`, or your own.
    pub name: String,
    /// Classes.
    pub classes: Classes,
    /// Filters that records must pass.
    pub filters: Filters,
    /// Settings of the search for same pictures.
    pub search: Search,
    /// Rule for a picture with several classes.
    pub conflicts: ConflictRule,
    /// Whether augmented images of unknown origin are used. No search for same pictures finds all originals.
    pub orphans: bool,
    /// Rules that balance the classes.
    pub balance: Balance,
    /// Split.
    pub split: Split,
    /// Collection to test on, instead of a share of all images.
    pub source_out: Option<SourceName>,
}

/// An image that may be used.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its record.
    pub record: Record,
    /// SHA-256 of its file.
    pub content_hash: ContentHash,
    /// Reason why it is not used, if one is known already.
    pub excluded: Option<Reason>,
    /// Its names in the collection, whatever the record calls it.
    pub published: PublishedNames,
}

/// Names that a collection gives an image and its patient.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedNames {
    /// The image.
    pub image: RecordId,
    /// The patient.
    pub patient: Option<PatientId>,
}

impl Candidate {
    /// An image under its collection's own names.
    pub fn new(record: Record, content_hash: ContentHash, excluded: Option<Reason>) -> Self {
        let published = PublishedNames { image: record.id.clone(), patient: record.patient.clone() };
        Self { record, content_hash, excluded, published }
    }

    /// The name under which its features are stored: see [`picture_hash`].
    pub fn picture(&self) -> ContentHash {
        picture_hash(self.content_hash, self.record.stated)
    }
}

/// A manifest, with figures about its making.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Made {
    /// Every candidate with its place.
    pub manifest: Manifest,
    /// The candidates' files and published names.
    pub files: PrivateFiles,
    /// Figures about the groups of the images that passed the filters.
    pub groups: GroupSummary,
    /// Quotas that are not met, and values of the balancing field at which the classes stay unequal.
    pub shortfalls: Vec<Shortfall>,
    /// Settings that the certificate is computed with.
    pub terms: Terms,
}

impl Recipe {
    /// The reason why a record is not used, if its metadata give one: a filter, or no class of the recipe.
    pub fn reason(&self, record: &Record) -> Option<Reason> {
        let of_class = || {
            let label = &record.label;
            label.class_of(&self.classes).is_none().then(|| match label.class() {
                Some(class) => Reason::Class(class.clone()),
                None => Reason::NoClass { published: label.published().to_owned() },
            })
        };
        self.filters.reason(record).or_else(of_class)
    }

    /// Gives every candidate its place. `pairs` are positions in `candidates`, whose files lie below `folder`;
    /// they are found among candidates that are neither excluded nor have a [reason](Self::reason) to be, and others are
    /// ignored.
    ///
    /// # Errors
    ///
    /// Those of [`Groups::of`], [`Balance::choose`], [`Split::places`] and [`Manifest::new`];
    /// [`DatasetError::OutsideFolder`] if an image does not lie below `folder`, or its path is not Unicode.
    pub fn make(
        &self,
        folder: &Path,
        candidates: Vec<Candidate>,
        pairs: &[SamePicture],
        seed: u64,
    ) -> Result<Made, DatasetError> {
        let reasons = candidates
            .iter()
            .map(|candidate| candidate.excluded.clone().or_else(|| self.reason(&candidate.record)));
        let mut places: Vec<Option<Place>> = reasons.map(|reason| reason.as_ref().map(Place::from)).collect();
        let usable: Vec<usize> = (0..candidates.len()).filter(|at| places[*at].is_none()).collect();
        let records: Vec<&Record> = usable.iter().map(|&at| &candidates[at].record).collect();
        let pairs = among(&usable, candidates.len(), pairs)?;
        // Images that are not used link others all the same: a side view tells whose a copy of it is.
        let (all, contents): (Vec<&Record>, Vec<ContentHash>) =
            candidates.iter().map(|candidate| (&candidate.record, candidate.content_hash)).unzip();
        let sets = sets_of(&all, &contents);
        let sets: Vec<usize> = usable.iter().map(|&at| sets[at]).collect();
        let groups = Groups::with_links(&records, &pairs, &sets)?;
        let summary = GroupSummary::of(&groups, &records, &pairs);
        let mut names: Vec<GroupId> =
            candidates.iter().map(|candidate| GroupId::from(&candidate.record.id)).collect();
        for (image, &at) in usable.iter().enumerate() {
            names[at] = groups.group(image).clone();
        }

        let chosen = self.choose(&records, &groups, seed)?;
        for (reason, &at) in chosen.reasons.iter().zip(&usable) {
            places[at] = reason.as_ref().map(Place::from);
        }
        let kept: Vec<usize> = usable.into_iter().filter(|at| places[*at].is_none()).collect();
        let samples: Vec<Sample> =
            kept.iter().filter_map(|&at| Sample::of(&candidates[at].record, &names[at])).collect();
        let dealt = match &self.source_out {
            Some(source) => self.split.places_without(source, &samples, seed)?,
            None => self.split.places(&samples, seed)?,
        };
        for (place, at) in dealt.into_iter().zip(kept) {
            places[at] = Some(place);
        }

        let renamed = |candidate: &Candidate| candidate.record.patient != candidate.published.patient;
        let pseudonyms = candidates.iter().any(renamed);
        let files = candidates.iter().map(|candidate| private_file(folder, candidate));
        let files = PrivateFiles::new(files.collect::<Result<Vec<_>, _>>()?);
        let stated: Vec<(RecordId, Stated)> = candidates
            .iter()
            .map(|candidate| (candidate.record.id.clone(), candidate.record.stated))
            .collect();
        let rows = candidates.into_iter().zip(names).zip(places).filter_map(|((candidate, group), place)| {
            // Every candidate was excluded or was split.
            Some(row(candidate, group, place?))
        });
        let terms = Terms {
            recipe: self.name.clone(),
            seed,
            split: self.split,
            source_out: self.source_out.as_ref().map(ToString::to_string),
            search: self.search,
            classes: self.classes.clone(),
            pseudonyms,
        };
        let manifest = Manifest::new(rows.collect())?.with_stated(stated);
        Ok(Made { manifest, files, groups: summary, shortfalls: chosen.shortfalls, terms })
    }

    fn choose(&self, records: &[&Record], groups: &Groups, seed: u64) -> Result<Chosen, DatasetError> {
        let mut reasons: Vec<Option<Reason>> = groups
            .in_conflict(self.conflicts)
            .into_iter()
            .map(|conflict| {
                conflict.map(|conflict| Reason::LabelConflict { classes: conflict.classes.clone() })
            })
            .collect();
        if !self.orphans {
            let originals: std::collections::HashSet<usize> = (0..records.len())
                .filter(|image| !records[*image].origin.is_augmented())
                .map(|image| groups.picture(image))
                .collect();
            for (image, record) in records.iter().enumerate() {
                let orphan = record.origin == Origin::AugmentedFromUnknown
                    && !originals.contains(&groups.picture(image));
                if orphan && reasons[image].is_none() {
                    reasons[image] = Some(Reason::ParentUnknown);
                }
            }
        }
        let left: Vec<usize> = (0..records.len()).filter(|image| reasons[*image].is_none()).collect();
        let of_left: Vec<&Record> = left.iter().map(|&image| records[image]).collect();
        let balanced = self.balance.choose(&of_left, &groups.select(&left), &self.classes, seed)?;
        for (image, reason) in left.into_iter().zip(balanced.reasons) {
            reasons[image] = reason;
        }
        Ok(Chosen { reasons, shortfalls: balanced.shortfalls })
    }
}

struct Chosen {
    reasons: Vec<Option<Reason>>,
    shortfalls: Vec<Shortfall>,
}

/// The pairs of which both images are usable, as positions among these.
fn among(usable: &[usize], images: usize, pairs: &[SamePicture]) -> Result<Vec<SamePicture>, NoSuchImage> {
    let mut positions = vec![None; images];
    for (position, &at) in usable.iter().enumerate() {
        positions[at] = Some(position);
    }
    let mut own = Vec::new();
    for pair in pairs {
        let position = pair.first.max(pair.second);
        if position >= images {
            return Err(NoSuchImage { position, images });
        }
        if let (Some(first), Some(second)) = (positions[pair.first], positions[pair.second]) {
            own.push(SamePicture { first, second, ..*pair });
        }
    }
    Ok(own)
}

fn private_file(folder: &Path, candidate: &Candidate) -> Result<(RecordId, PrivateFile), DatasetError> {
    let Candidate { record, published: PublishedNames { image, patient }, .. } = candidate;
    let path = match record.path.strip_prefix(folder) {
        Ok(path) if record.path.to_str().is_some() => path.to_owned(),
        _ => {
            return Err(DatasetError::OutsideFolder { path: record.path.clone(), folder: folder.to_owned() });
        }
    };
    let (image, patient) = (image.clone(), patient.clone());
    let date = record.date;
    Ok((record.id.clone(), PrivateFile { image, patient, date, folder: folder.to_owned(), path }))
}

fn row(candidate: Candidate, group: GroupId, place: Place) -> Row {
    let Candidate { record, content_hash, .. } = candidate;
    let augmented = record.origin.is_augmented();
    let parent = match record.origin {
        Origin::AugmentedFrom(parent) => Some(parent),
        _ => None,
    };
    Row {
        content_hash,
        taken_from: record.taken_from,
        patient: record.patient,
        class: record.label.class().cloned(),
        provenance: record.label.provenance(),
        view: record.view,
        sex: record.sex,
        age: record.age,
        licence: record.licence,
        augmented,
        parent,
        drawn: record.drawn,
        group,
        place,
        id: record.id,
    }
}

#[cfg(test)]
mod tests;
