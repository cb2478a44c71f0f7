//! Descriptions of public collections, which are recognised by the names and columns of their tables.
//!
//! Each is a file that a user could have written; its head says where the collection comes from and how its labels were made.
//! What needs code is an adapter of its own.

use std::path::Path;

use super::description::Description;

/// A public collection that a description can express.
struct Public {
    /// Its description.
    text: &'static str,
    /// A column of its first table that no description needs, and that tells it from other tables of the same name.
    also: &'static str,
}

/// Those that do not say "unverified" are checked against the tables as they were published: numbers of films, patients, views
/// and classes are those that the tables give (`tests/public_tables.rs`). Where the films lie is described by their publishers.
const PUBLIC: [Public; 7] = [
    Public { text: include_str!("brax.toml"), also: "PngPath" },
    Public { text: include_str!("chexpert.toml"), also: "Enlarged Cardiomediastinum" },
    Public { text: include_str!("mimic-cxr-jpg.toml"), also: "dicom_id" },
    Public { text: include_str!("padchest.toml"), also: "LabelsLocalizationsBySentence" },
    Public { text: include_str!("rsna-pneumonia.toml"), also: "patientId" },
    Public { text: include_str!("siim-acr-pneumothorax.toml"), also: "EncodedPixels" },
    Public { text: include_str!("vinbigdata.toml"), also: "rad_id" },
];

/// The description of the public collection whose tables `has`: whether a file fits a pattern and has columns.
pub(super) fn of_tables(has: impl Fn(&str, &[&str]) -> bool) -> Option<Description> {
    PUBLIC.iter().find_map(|public| {
        let description = public.description()?;
        let mut also = Some(public.also);
        let complete = description.tables.iter().filter(|table| !table.optional).all(|table| {
            let columns = table.columns.values().chain(table.class_columns.keys()).map(String::as_str);
            has(&table.file, &columns.chain(also.take()).collect::<Vec<_>>())
        });
        complete.then_some(description)
    })
}

impl Public {
    /// `None` never: the tests read every text.
    fn description(&self) -> Option<Description> {
        Description::parse(self.text, Path::new(Description::FILE)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_is_sound_and_named() {
        for public in &PUBLIC {
            assert!(public.description().unwrap().name.is_some(), "{}", public.text);
            assert!(public.text.starts_with("# ") && public.text.contains("Licence:"), "{}", public.text);
        }
    }

    #[test]
    fn a_collection_is_known_by_all_its_tables_and_columns() {
        let header = "image_id,class_name,class_id,rad_id,x_min";
        let has = |file: &str, columns: &[&str]| {
            file == "train.csv" && columns.iter().all(|column| header.split(',').any(|one| one == *column))
        };
        assert_eq!(of_tables(has).unwrap().name.unwrap().as_str(), "vinbigdata");
        assert!(of_tables(|file, columns| has(file, columns) && !columns.contains(&"rad_id")).is_none());
    }
}
