//! Counts groups: their sizes, those across collections, and the pictures that collections share.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use radiograph_same_picture::SamePicture;
use serde::Serialize;

use super::{Conflict, Groups, patients_of_several_classes};
use crate::{ClassName, Record, SourceName};

/// Figures about groups.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct GroupSummary {
    /// Images.
    pub images: usize,
    /// Different pictures: images of the same picture, or made from it, count once.
    pub pictures: usize,
    /// Groups: what must stay together.
    pub groups: usize,
    /// Number of images of a group → how many groups have it.
    pub sizes: BTreeMap<usize, usize>,
    /// Groups with images of more than one collection.
    pub spanning: usize,
    /// How many pairs of images show the same picture, by their two collections (the first by name first).
    pub duplicates: Vec<DuplicateCount>,
    /// How many links between images were found by which evidence.
    pub evidence: BTreeMap<&'static str, usize>,
    /// Pictures with several classes.
    pub conflicts: Vec<Conflict>,
    /// Patients with images of several classes; no conflict.
    pub patients_of_several_classes: usize,
}

/// Pairs of images of two collections, or of one, that show the same picture.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DuplicateCount {
    /// The two collections, sorted; equal for duplicates within one.
    pub sources: [SourceName; 2],
    /// Pairs of images.
    pub pairs: usize,
}

impl GroupSummary {
    /// Counts. `records` and `pairs` are those that the groups were made of.
    pub fn of(groups: &Groups, records: &[&Record], pairs: &[SamePicture]) -> Self {
        let mut sizes_of_groups: BTreeMap<usize, (usize, BTreeSet<&SourceName>)> = BTreeMap::new();
        let mut pictures: BTreeMap<usize, BTreeMap<&SourceName, usize>> = BTreeMap::new();
        for (image, record) in records.iter().enumerate() {
            let (size, sources) = sizes_of_groups.entry(groups.groups[image]).or_default();
            *size += 1;
            sources.insert(record.source());
            *pictures.entry(groups.pictures[image]).or_default().entry(record.source()).or_insert(0) += 1;
        }
        let mut sizes = BTreeMap::new();
        for (size, _) in sizes_of_groups.values() {
            *sizes.entry(*size).or_insert(0) += 1;
        }
        let mut evidence = BTreeMap::new();
        for pair in pairs {
            *evidence.entry(pair.evidence.kind()).or_insert(0) += 1;
        }
        Self {
            images: records.len(),
            pictures: pictures.len(),
            groups: sizes_of_groups.len(),
            sizes,
            spanning: sizes_of_groups.values().filter(|(_, sources)| sources.len() > 1).count(),
            duplicates: duplicates(pictures.values()),
            evidence,
            conflicts: groups.conflicts().to_vec(),
            patients_of_several_classes: patients_of_several_classes(records),
        }
    }
}

/// From how many images of each collection every picture has.
fn duplicates<'a>(
    pictures: impl Iterator<Item = &'a BTreeMap<&'a SourceName, usize>>,
) -> Vec<DuplicateCount> {
    let mut counts: BTreeMap<[&SourceName; 2], usize> = BTreeMap::new();
    for sources in pictures {
        for (at, (&one, &images)) in sources.iter().enumerate() {
            if images > 1 {
                *counts.entry([one, one]).or_insert(0) += images * (images - 1) / 2;
            }
            for (&other, &others) in sources.iter().skip(at + 1) {
                *counts.entry([one, other]).or_insert(0) += images * others;
            }
        }
    }
    let count = |(sources, pairs): ([&SourceName; 2], usize)| DuplicateCount {
        sources: sources.map(SourceName::clone),
        pairs,
    };
    counts.into_iter().map(count).collect()
}

impl fmt::Display for GroupSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} images show {} pictures and form {} groups, {} of them across collections",
            self.images, self.pictures, self.groups, self.spanning
        )?;
        let sizes = self.sizes.iter().map(|(size, groups)| format!("{groups} of {size}"));
        writeln!(formatter, "  groups by their number of images: {}", sizes.collect::<Vec<_>>().join(", "))?;
        writeln!(formatter, "  pairs of images of the same picture:")?;
        for DuplicateCount { sources: [one, other], pairs } in &self.duplicates {
            let sources = if one == other { format!("within {one}") } else { format!("{one} and {other}") };
            writeln!(formatter, "    {sources:<60} {pairs:>7}")?;
        }
        let evidence = self.evidence.iter().map(|(kind, pairs)| format!("{kind} {pairs}"));
        writeln!(formatter, "  links by evidence: {}", evidence.collect::<Vec<_>>().join(", "))?;
        if self.patients_of_several_classes > 0 {
            writeln!(
                formatter,
                "  {} patients have images of several classes",
                self.patients_of_several_classes
            )?;
        }
        for conflict in &self.conflicts {
            let images: Vec<String> = conflict.images.iter().map(ToString::to_string).collect();
            let classes: Vec<&str> = conflict.classes.iter().map(ClassName::as_str).collect();
            writeln!(formatter, "  one picture, classes {}: {}", classes.join(" and "), images.join(", "))?;
        }
        Ok(())
    }
}
