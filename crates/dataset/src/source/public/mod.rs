//! Descriptions of public collections, which are recognised by the names and columns of their tables, or by the names of their
//! films.
//!
//! Each is a file that a user could have written; its head says where the collection comes from and how its labels were made.
//! What needs code is an adapter of its own.

use std::path::Path;

use super::description::{Description, Role, TableDescription};

/// A public collection that a description can express.
struct Public {
    /// Its description.
    text: &'static str,
    /// What it is recognised by.
    known_by: KnownBy,
}

/// What a collection is recognised by, beside the tables and columns of its description.
enum KnownBy {
    /// A column of its first table that no description needs, and that tells it from other tables of the same name.
    Column(&'static str),
    /// Its tables have no header; the first row has as many cells, and a class that the labels list.
    FirstRow,
    /// The pattern that all pictures of a folder fit; it has no table.
    Films(&'static str),
}

/// Those that do not say "unverified" are checked against the tables as they were published: numbers of films, patients, views
/// and classes are those that the tables give (`tests/public_tables.rs`). Where the films lie is described by their publishers.
const PUBLIC: [Public; 13] = [
    Public { text: include_str!("bimcv-covid19-negative.toml"), known_by: KnownBy::Column("labelCUIS") },
    Public { text: include_str!("bimcv-covid19-positive.toml"), known_by: KnownBy::Column("labelCUIS") },
    Public { text: include_str!("brax.toml"), known_by: KnownBy::Column("PngPath") },
    Public { text: include_str!("brixia.toml"), known_by: KnownBy::Column("BrixiaScoreGlobal") },
    Public { text: include_str!("chexpert.toml"), known_by: KnownBy::Column("Enlarged Cardiomediastinum") },
    Public { text: include_str!("covidx.toml"), known_by: KnownBy::FirstRow },
    Public { text: include_str!("mimic-cxr-jpg.toml"), known_by: KnownBy::Column("dicom_id") },
    Public {
        text: include_str!("montgomery.toml"),
        known_by: KnownBy::Films("CXR_png/MCUCXR_[0-9][0-9][0-9][0-9]_[01].png"),
    },
    Public {
        text: include_str!("padchest.toml"),
        known_by: KnownBy::Column("LabelsLocalizationsBySentence"),
    },
    Public { text: include_str!("rsna-pneumonia.toml"), known_by: KnownBy::Column("patientId") },
    Public {
        text: include_str!("shenzhen.toml"),
        known_by: KnownBy::Films("CXR_png/CHNCXR_[0-9][0-9][0-9][0-9]_[01].png"),
    },
    Public { text: include_str!("siim-acr-pneumothorax.toml"), known_by: KnownBy::Column("EncodedPixels") },
    Public { text: include_str!("vinbigdata.toml"), known_by: KnownBy::Column("rad_id") },
];

/// What a folder can be asked for.
pub(super) trait Asked {
    /// Whether a file that fits a table's pattern has these columns.
    fn has_columns(&self, table: &TableDescription, columns: &[&str]) -> bool;
    /// The cells of the first row of a file that fits the pattern of a table without a header.
    fn first_row(&self, table: &TableDescription) -> Option<Vec<String>>;
    /// Whether all pictures of the folder that the pattern names fit it.
    fn has_films(&self, pattern: &str) -> bool;
}

/// The description of the public collection that a folder holds.
pub(super) fn of_folder(folder: &impl Asked) -> Option<Description> {
    PUBLIC.iter().find_map(|public| {
        let description = public.description()?;
        let mut tables = description.tables.iter().filter(|table| !table.optional);
        let is_there = match public.known_by {
            KnownBy::Column(also) => {
                let mut also = Some(also);
                tables.all(|table| {
                    let columns =
                        table.columns.values().chain(table.class_columns.keys()).map(String::as_str);
                    folder.has_columns(table, &columns.chain(also.take()).collect::<Vec<_>>())
                })
            }
            KnownBy::FirstRow => tables
                .all(|table| folder.first_row(table).is_some_and(|row| is_row(&row, table, &description))),
            KnownBy::Films(pattern) => folder.has_films(pattern),
        };
        is_there.then_some(description)
    })
}

/// Whether the cells are those of a row: its last ones may be missing.
fn is_row(row: &[String], table: &TableDescription, description: &Description) -> bool {
    let class = table.columns.get(&Role::Class);
    let at = class.and_then(|class| table.header.iter().position(|name| name == class));
    let is_listed = |word: &String| description.labels.keys().any(|listed| listed.eq_ignore_ascii_case(word));
    row.len() <= table.header.len() && at.and_then(|at| row.get(at)).is_some_and(is_listed)
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

    /// A folder with one table.
    struct OneTable(&'static str, &'static str);

    impl Asked for OneTable {
        fn has_columns(&self, table: &TableDescription, columns: &[&str]) -> bool {
            table.file == self.0 && columns.iter().all(|column| self.1.split(',').any(|one| one == *column))
        }

        fn first_row(&self, table: &TableDescription) -> Option<Vec<String>> {
            (table.file == self.0).then(|| self.1.split(' ').map(str::to_owned).collect())
        }

        fn has_films(&self, _: &str) -> bool {
            false
        }
    }

    #[test]
    fn a_collection_is_known_by_all_its_tables_and_columns() {
        let name = |table| of_folder(&table).map(|found| found.name.unwrap().to_string());
        let found = name(OneTable("train.csv", "image_id,class_name,class_id,rad_id,x_min"));
        assert_eq!(found.as_deref(), Some("vinbigdata"));
        assert_eq!(name(OneTable("train.csv", "image_id,class_name,class_id,x_min")), None);
    }

    #[test]
    fn tables_without_a_header_are_known_by_their_first_row() {
        let table = of_folder(&OneTable("train*.txt", "19 a.jpg positive cohen"));
        assert_eq!(table.unwrap().name.unwrap().as_str(), "covidx");
        assert!(of_folder(&OneTable("train*.txt", "19 a.jpg normal")).is_some());
        for other in ["a.jpg positive", "19 a.jpg sick cohen", "19 a.jpg positive cohen 1", "epochs: 30"] {
            assert!(of_folder(&OneTable("train*.txt", other)).is_none(), "{other}");
        }
    }
}
