//! Counts records by the value of a field and by collection.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Inspection, ScannedImage, checks::size};
use crate::{Age, ClassName, Record, Sex, SourceName};

/// Counts of one field.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CountTable {
    /// The field.
    pub field: &'static str,
    /// For each value: for each collection, how many records. Values in a meaningful order.
    pub rows: Vec<(String, BTreeMap<SourceName, usize>)>,
}

impl CountTable {
    /// How many records have this value, over all collections.
    pub fn total(&self, value: &str) -> usize {
        self.rows.iter().filter(|(name, _)| name == value).flat_map(|(_, counts)| counts.values()).sum()
    }
}

const UNKNOWN: &str = "unknown";

/// Counts of all fields, of records whose file is there.
pub(super) fn tables(images: &[ScannedImage<'_>], inspections: &[Inspection]) -> Vec<CountTable> {
    let described =
        || images.iter().zip(inspections).filter_map(|(image, found)| Some((image, image.record?, found)));
    let table = |field, value: &dyn Fn(&ScannedImage<'_>, &Record, &Inspection) -> (u8, String)| {
        let mut rows: BTreeMap<(u8, String), BTreeMap<SourceName, usize>> = BTreeMap::new();
        for (image, record, found) in described() {
            *rows.entry(value(image, record, found)).or_default().entry(image.source.clone()).or_insert(0) +=
                1;
        }
        CountTable { field, rows: rows.into_iter().map(|((_, value), counts)| (value, counts)).collect() }
    };
    vec![
        table("class", &|_, record, _| text(record.class().map(ClassName::as_str))),
        table("label known by", &|_, record, _| text(Some(record.label.provenance().name()))),
        table("modality", &|_, record, _| text(Some(record.modality.name()))),
        table("view", &|_, record, _| text(Some(record.view.name()))),
        table("age", &|_, record, _| Age::band(record.age)),
        table("sex", &|_, record, _| {
            text(record.sex.map(|sex| match sex {
                Sex::Female => "female",
                Sex::Male => "male",
            }))
        }),
        table("format", &|_, record, found| {
            let published = record.published.as_ref().map(|published| published.format);
            text(published.or(found.format).map(|format| format.to_string()).as_deref())
        }),
        table("shorter side", &|image, _, found| size_band(size(image, found))),
        table("licence", &|_, record, _| text(record.licence.as_deref())),
    ]
}

/// Known values first, the unknown last.
fn text(value: Option<&str>) -> (u8, String) {
    match value {
        Some(value) if value != UNKNOWN => (0, value.to_owned()),
        _ => (1, UNKNOWN.to_owned()),
    }
}

fn size_band(size: Option<(u32, u32)>) -> (u8, String) {
    let Some((width, height)) = size else { return (u8::MAX, UNKNOWN.to_owned()) };
    let short = width.min(height);
    let bounds = [256, 512, 1024, 2048];
    let mut numbered = (0..).zip(bounds);
    match numbered.find(|(_, bound)| short < *bound) {
        Some((0, bound)) => (0, format!("below {bound}")),
        Some((order, bound)) => (order, format!("{}-{}", bound / 2, bound - 1)),
        None => (4, "2048 and more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_sizes() {
        for (size, band) in
            [(255, "below 256"), (256, "256-511"), (1023, "512-1023"), (2048, "2048 and more")]
        {
            assert_eq!(size_band(Some((size, 9999))).1, band);
        }
    }
}
