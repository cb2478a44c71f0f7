//! Counts which class comes from which collection, and warns of classes that come from one collection only.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ClassName, Record};

/// Class × source: how many images of each class each collection has.
///
/// Images that a collection took from another, where their names show it, are counted apart: `merged (nih)`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ClassBySource {
    /// For each class, for each source: how many images.
    pub counts: BTreeMap<ClassName, BTreeMap<String, usize>>,
    /// One sentence for each class of which at least 95 % come from one source while there are several: the rule of
    /// `radiograph_metrics::CrossTable::warnings`, so that a scan, a certificate and a report warn of the same classes.
    pub warnings: Vec<String>,
}

/// Share of a class from which on it is one of a single source: `radiograph_metrics::DOMINANT_SHARE`. Written out here since
/// collections need no metrics.
const DOMINANT_SHARE: f64 = 0.95;

impl ClassBySource {
    /// Counts records that have a class.
    pub fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Self {
        Self::count(records.filter_map(|record| Some((record.class()?, source(record)))))
    }

    /// Counts images by their class and the name of their source.
    pub fn count<'a>(images: impl Iterator<Item = (&'a ClassName, String)>) -> Self {
        let mut counts: BTreeMap<ClassName, BTreeMap<String, usize>> = BTreeMap::new();
        for (class, source) in images {
            *counts.entry(class.clone()).or_default().entry(source).or_insert(0) += 1;
        }
        let warnings = warnings(&counts);
        Self { counts, warnings }
    }

    /// The sources, sorted.
    pub fn sources(&self) -> BTreeSet<&str> {
        self.counts.values().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }
}

fn source(record: &Record) -> String {
    match &record.taken_from {
        Some(original) => format!("{} ({original})", record.source()),
        None => record.source().to_string(),
    }
}

fn warnings(counts: &BTreeMap<ClassName, BTreeMap<String, usize>>) -> Vec<String> {
    let all: BTreeSet<&String> = counts.values().flat_map(BTreeMap::keys).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let of_class = |(class, sources): (&ClassName, &BTreeMap<String, usize>)| {
        let total: usize = sources.values().sum();
        let (source, most) = sources.iter().max_by_key(|(_, count)| **count)?;
        (*most as f64 / total as f64 >= DOMINANT_SHARE).then(|| {
            format!(
                "{most} of {total} {class} images come from {source}: a model can learn the source in place of the class"
            )
        })
    };
    counts.iter().filter_map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use radiograph_classes::{COVID_19, NORMAL};

    use super::*;
    use crate::{Label, Provenance, RecordId};

    fn records(source: &str, class: &str, count: usize) -> Vec<Record> {
        let source = source.parse().unwrap();
        let record = |number: usize| {
            let mut record = Record::new(RecordId::new(&source, format!("{class}{number}")), "");
            record.label = Label::of(class, Provenance::Table, "");
            record
        };
        (0..count).map(record).collect()
    }

    #[test]
    fn a_class_of_one_source_is_warned_of() {
        let parts =
            [records("cohen", COVID_19, 96), records("other", COVID_19, 4), records("nih", NORMAL, 50)];
        let table = ClassBySource::of(parts.iter().flatten());
        assert_eq!(table.counts[&ClassName::from(COVID_19)]["cohen"], 96);
        assert_eq!(table.warnings.len(), 2, "{:?}", table.warnings);

        let parts =
            [records("cohen", COVID_19, 94), records("other", COVID_19, 6), records("nih", NORMAL, 50)];
        let table = ClassBySource::of(parts.iter().flatten());
        assert_eq!(table.warnings.len(), 1);
        assert!(table.warnings[0].starts_with("50 of 50 normal images come from nih"));
    }

    /// Both classes are almost of one source, the same: the few images from elsewhere give their class away all the same.
    #[test]
    fn classes_of_one_common_source_are_warned_of_as_a_report_does() {
        let parts =
            [records("cohen", COVID_19, 96), records("other", COVID_19, 4), records("cohen", NORMAL, 50)];
        assert_eq!(ClassBySource::of(parts.iter().flatten()).warnings.len(), 2);
    }

    #[test]
    fn one_source_for_all_classes_confounds_nothing() {
        let parts = [records("cohen", COVID_19, 9), records("cohen", NORMAL, 3)];
        assert!(ClassBySource::of(parts.iter().flatten()).warnings.is_empty());
    }
}
