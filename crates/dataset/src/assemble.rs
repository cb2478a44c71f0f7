//! Puts several collections into one list and filters it. Every image that is left out is kept with its reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use radiograph_classes::Classes;

use crate::{
    Age, Exclusion, Modality, Note, Reason, Record, SourceName, View,
    source::{Collection, SourceError},
};

/// Filters on records. The default keeps everything.
///
/// Each filter leaves out what is known not to fit. The documentation of each says what happens to unknown values.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Leaves out CT and other modalities; where none is recorded the image stays.
    pub x_ray_only: bool,
    /// Views to keep.
    pub views: Views,
    /// Ages to keep.
    pub ages: Option<Ages>,
    /// Classes to keep. An image of which no class is known to be present leaves; so does one of another class.
    pub classes: Option<Classes>,
    /// Licences to keep, in the publishers' words, compared whole. An image without a stated licence leaves.
    pub licences: Option<BTreeSet<String>>,
    /// Leaves out images that were made from others.
    pub no_augmented: bool,
}

/// Views to keep.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Views {
    /// All.
    #[default]
    Any,
    /// No lateral views and CT slices. Unknown views stay.
    Frontal,
    /// Posteroanterior views only. Unknown views leave, and so do films that are only known to be frontal.
    PaOnly,
}

/// Ages to keep.
#[derive(Clone, Debug)]
pub struct Ages {
    /// Completed years.
    pub years: RangeInclusive<u16>,
    /// Whether to keep images whose age is not known, or not well enough to say.
    pub keep_unknown: bool,
}

/// Records of several collections, and everything that is not among them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Assembly {
    /// Kept records: collection by collection as given, in each collection's order.
    pub records: Vec<Record>,
    /// Rows, files and records that were left out, first by the collections, then by the filters.
    pub exclusions: Vec<Exclusion>,
    /// Oddities of the kept records.
    pub notes: Vec<Note>,
}

/// Puts collections into one list and filters it. The first filter that an image does not pass, in the order of
/// [`Filters`]' fields, is its reason.
///
/// # Errors
///
/// [`SourceError::Duplicate`] if two collections have one name: their ids would mix.
pub fn assemble(
    collections: impl IntoIterator<Item = Collection>,
    filters: &Filters,
) -> Result<Assembly, SourceError> {
    let mut names: BTreeSet<SourceName> = BTreeSet::new();
    let mut assembly = Assembly { records: Vec::new(), exclusions: Vec::new(), notes: Vec::new() };
    for collection in collections {
        if !names.insert(collection.source.clone()) {
            return Err(SourceError::Duplicate { name: collection.source.to_string() });
        }
        assembly.exclusions.extend(collection.exclusions);
        assembly.notes.extend(collection.notes);
        for record in collection.records {
            match filters.reason(&record) {
                None => assembly.records.push(record),
                Some(reason) => assembly.exclusions.push(Exclusion::of(record, reason)),
            }
        }
    }
    Ok(assembly)
}

impl Assembly {
    /// How many rows and files were left out for each reason.
    pub fn excluded_by_reason(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for exclusion in &self.exclusions {
            *counts.entry(exclusion.reason.code()).or_insert(0) += 1;
        }
        counts
    }

    /// Rows that name no file of their collection.
    pub fn rows_without_files(&self) -> impl Iterator<Item = &Exclusion> {
        self.exclusions.iter().filter(|exclusion| matches!(exclusion.reason, Reason::RowWithoutFile { .. }))
    }

    /// Images that no row of their collection describes.
    pub fn files_without_rows(&self) -> impl Iterator<Item = &Exclusion> {
        self.exclusions.iter().filter(|exclusion| exclusion.reason == Reason::FileWithoutRow)
    }
}

impl Filters {
    /// Why a record does not pass, if it does not.
    pub fn reason(&self, record: &Record) -> Option<Reason> {
        if self.x_ray_only && !matches!(record.modality, Modality::XRay | Modality::Unknown) {
            return Some(Reason::Modality(record.modality));
        }
        if !self.views.keep(record.view) {
            return Some(Reason::View(record.view));
        }
        if self.ages.as_ref().is_some_and(|ages| !ages.keep(record.age)) {
            return Some(Reason::Age(record.age));
        }
        if let Some(classes) = &self.classes {
            match record.class() {
                None => return Some(Reason::NoClass { published: record.label.published().to_owned() }),
                Some(class) if record.label.class_of(classes).is_none() => {
                    return Some(Reason::Class(class.clone()));
                }
                Some(_) => {}
            }
        }
        if let Some(licences) = &self.licences
            && !record.licence.as_ref().is_some_and(|licence| licences.contains(licence))
        {
            return Some(Reason::Licence(record.licence.clone()));
        }
        (self.no_augmented && record.origin.is_augmented()).then_some(Reason::Augmented)
    }
}

impl Views {
    fn keep(self, view: View) -> bool {
        match self {
            Self::Any => true,
            Self::Frontal => view.is_frontal() != Some(false),
            Self::PaOnly => view == View::Pa,
        }
    }
}

impl Ages {
    fn keep(&self, age: Option<Age>) -> bool {
        age.and_then(|age| age.within(self.years.clone())).unwrap_or(self.keep_unknown)
    }
}

#[cfg(test)]
mod tests {
    use radiograph_classes::{COVID_19, NORMAL};

    use super::*;
    use crate::{Label, Origin, Provenance, RecordId};

    fn record() -> Record {
        let source = "clinic".parse().unwrap();
        Record::new(RecordId::new(&source, "a.png"), "a.png")
    }

    fn code(filters: &Filters, change: impl FnOnce(&mut Record)) -> Option<&'static str> {
        let mut record = record();
        change(&mut record);
        filters.reason(&record).map(|reason| reason.code())
    }

    #[test]
    fn unknown_views_are_frontal_until_pa_is_asked_for() {
        let frontal = Filters { views: Views::Frontal, ..Filters::default() };
        let pa = Filters { views: Views::PaOnly, ..Filters::default() };
        for (view, of_frontal, of_pa) in [
            (View::Pa, None, None),
            (View::Ap, None, Some("view")),
            (View::Unknown, None, Some("view")),
            (View::FrontalByCollection, None, Some("view")),
            (View::Lateral, Some("view"), Some("view")),
            (View::Ct, Some("view"), Some("view")),
        ] {
            assert_eq!(code(&frontal, |record| record.view = view), of_frontal, "{view:?}");
            assert_eq!(code(&pa, |record| record.view = view), of_pa, "{view:?}");
        }
    }

    #[test]
    fn ages_that_do_not_decide_follow_the_choice() {
        for keep_unknown in [true, false] {
            let filters =
                Filters { ages: Some(Ages { years: 18..=122, keep_unknown }), ..Filters::default() };
            let expected = (!keep_unknown).then_some("age");
            assert_eq!(code(&filters, |_| ()), expected);
            assert_eq!(code(&filters, |record| record.age = Some(Age { from: 10, to: Some(20) })), expected);
            assert_eq!(code(&filters, |record| record.age = Some(Age::years(17))), Some("age"));
            assert_eq!(code(&filters, |record| record.age = Some(Age::years(18))), None);
        }
    }

    #[test]
    fn the_other_filters() {
        let classes = Filters { classes: Some(Classes::new([COVID_19]).unwrap()), ..Filters::default() };
        assert_eq!(code(&classes, |_| ()), Some("no-class"));
        assert_eq!(
            code(&classes, |record| record.label = Label::of(NORMAL, Provenance::Table, "")),
            Some("class")
        );
        assert_eq!(code(&classes, |record| record.label = Label::of(COVID_19, Provenance::Table, "")), None);
        let x_ray = Filters { x_ray_only: true, ..Filters::default() };
        assert_eq!(code(&x_ray, |record| record.modality = Modality::Ct), Some("modality"));
        assert_eq!(code(&x_ray, |_| ()), None);
        let licences = Filters { licences: Some(["CC BY 4.0".to_owned()].into()), ..Filters::default() };
        assert_eq!(code(&licences, |_| ()), Some("licence"));
        assert_eq!(code(&licences, |record| record.licence = Some("CC BY 4.0".into())), None);
        assert_eq!(
            code(&licences, |record| record.licence = Some("CC BY 4.0 or so".into())),
            Some("licence")
        );
        let originals = Filters { no_augmented: true, ..Filters::default() };
        assert_eq!(
            code(&originals, |record| record.origin = Origin::AugmentedFromUnknown),
            Some("augmented")
        );
        assert_eq!(code(&Filters::default(), |_| ()), None);
    }
}
