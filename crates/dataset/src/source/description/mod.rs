//! The description of a collection: the file `radiograph-source.toml` beside the films.
//!
//! It says which tables describe the films, what their columns mean, and which class each word stands for. A plain table with a
//! column of files and a column of classes needs none; [`Draft`] writes the one that such a table implies, to be edited.
//!
//! ```
//! use std::path::Path;
//!
//! use radiograph_dataset::source::{Described, Folder, Source, description::Description};
//!
//! let text = r#"
//!     name = "clinic"
//!
//!     [[table]]
//!     file = "findings.csv"
//!     below = "films"
//!     columns = { file = "image", patient = "case no", class = "report" }
//!
//!     [labels]
//!     "tuberculosis" = "TB"
//!     "no abnormality" = "normal"
//!     "follow-up" = ""          # no class: these films are left out
//! "#;
//! let description = Description::parse(text, Path::new("radiograph-source.toml"))?;
//! let folder = Folder::in_memory([
//!     ("findings.csv", "image;case no;report\na.png;7;Tuberculosis\nb.png;8;follow-up\n"),
//!     ("films/a.png", ""),
//!     ("films/b.png", ""),
//! ]);
//! let collection = Described::new(description, "in-memory").read_folder(folder)?;
//! assert_eq!(collection.records[0].class().unwrap(), "TB");
//! assert_eq!(collection.records[1].class(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod draft;
mod labels;
mod photometric;
mod role;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

pub use draft::{ClassWord, Draft, NearMiss};
pub use labels::Uncertain;
pub(crate) use labels::{Labels, of_columns};
pub use photometric::Photometric;
pub use role::Role;

pub use super::description_error::DescriptionError;

use crate::{
    SourceName, View,
    table::{CellsForm, Encoding, Separator},
};

/// What a collection's files and tables mean. Every key of `radiograph-source.toml` is a field.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Description {
    /// Name of the collection; that of the folder if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SourceName>,
    /// Collection whose patients these are, where it is another one: equal numbers are then one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patients: Option<SourceName>,
    /// Collection in which some of these patients have another number, which a column `patient_elsewhere` gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patients_elsewhere: Option<SourceName>,
    /// The component of a film's path that is its patient where no table says who it is, counted from the end:
    /// `{patient}/*/*` is the folder of the folder of the film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_from_path: Option<String>,
    /// The component of a film's path that is its examination, counted from the end: rows of a table with a `study_uid` tell
    /// their films by it. `{study}/*` is the folder of the film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_from_path: Option<String>,
    /// Whether the patient numbers of tables and headers are no persons': several numbers are one person. The patient then
    /// counts as unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub patients_unknown: bool,
    /// Licence of all films of which no table states another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Bits that each sample of the films has, 1 to 16, where neither a table nor a DICOM header says so.
    #[serde(default, deserialize_with = "photometric::bits", skip_serializing_if = "Option::is_none")]
    pub bits: Option<u8>,
    /// Photometric interpretation of the films of which neither a table nor a DICOM header states another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photometric_interpretation: Option<Photometric>,
    /// Patterns of files that are no films: masks, thumbnails. They count as other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_files: Vec<String>,
    /// Patterns of films that are left out, with that reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Whether DICOM headers fill in what the tables leave open.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub headers: bool,
    /// Whether the innermost folder that `labels` names gives the class of films without one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub class_folders: bool,
    /// The class of films that no table gives one, by patterns of their paths such as `positive/**` or `*_1.png`. A film that
    /// fits patterns of two classes has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub class_patterns: BTreeMap<String, String>,
    /// The view of films of which neither a table nor a DICOM header states it, by patterns of their paths such as `*_pa.png`. A
    /// film that fits patterns of two views has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub view_patterns: BTreeMap<String, String>,
    /// Patterns of films that were made from others, such as `aug_*.png` or `augmented/**`, where no table says so. Their originals
    /// count as unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub augmented_patterns: Vec<String>,
    /// What -1 means in a column of 0, 1 and -1.
    #[serde(default, skip_serializing_if = "Uncertain::is_unknown")]
    pub uncertain: Uncertain,
    /// Tables. The first that states something about a film counts; the next ones fill in what it leaves open.
    #[serde(default, rename = "table", skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableDescription>,
    /// The class that each word of the class column stands for, without regard to case; an empty class is none, and the word
    /// `*` stands for all that are not listed. Without this
    /// table known words stand for the three classes, and any other word for itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A table of a collection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TableDescription {
    /// Pattern of the file's name, such as `cases.csv` or `labels/*.xlsx`, relative to the collection's folder.
    pub file: String,
    /// Whether the table may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Meaning of several rows of one film.
    #[serde(default, skip_serializing_if = "SeveralRows::is_one")]
    pub several_rows: SeveralRows,
    /// Names of the columns of a table whose first row is a film already and no header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// Sheet of a workbook; the first one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Character between two cells; found out if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// Encoding of the characters; found out if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Folder that the names of files are relative to; the collection's folder if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
    /// Text between two words of one class cell, such as `|`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_separator: Option<String>,
    /// The column of each role.
    #[serde(default)]
    pub columns: BTreeMap<Role, String>,
    /// Columns of 0, 1 and -1 (uncertain), each with the class that it tells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub class_columns: BTreeMap<String, String>,
}

/// Meaning of several rows of one film.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeveralRows {
    /// One row describes a film; a second one is told, and two of different classes leave it without one.
    #[default]
    One,
    /// Each row is one finding, and the film has the classes of all of them.
    Findings,
}

impl SeveralRows {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_one(&self) -> bool {
        *self == Self::One
    }
}

/// That of a folder without tables: its films are its DICOM files.
impl Default for Description {
    fn default() -> Self {
        Self {
            name: None,
            patients: None,
            patients_elsewhere: None,
            patient_from_path: None,
            study_from_path: None,
            patients_unknown: false,
            licence: None,
            bits: None,
            photometric_interpretation: None,
            other_files: Vec::new(),
            exclude: Vec::new(),
            headers: true,
            class_folders: false,
            class_patterns: BTreeMap::new(),
            view_patterns: BTreeMap::new(),
            augmented_patterns: Vec::new(),
            uncertain: Uncertain::default(),
            tables: Vec::new(),
            labels: BTreeMap::new(),
        }
    }
}

impl Description {
    /// Name of the file.
    pub const FILE: &'static str = "radiograph-source.toml";
    /// The patient's component in [`patient_from_path`](Self::patient_from_path).
    pub const PATIENT: &'static str = "{patient}";
    /// The examination's component in [`study_from_path`](Self::study_from_path).
    pub const STUDY: &'static str = "{study}";

    /// Reads a description; `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`DescriptionError::Syntax`] with the line of an unknown key or a wrong value, [`DescriptionError::Pattern`] or
    /// [`DescriptionError::NoFilmColumn`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, DescriptionError> {
        let syntax = |error: toml::de::Error| DescriptionError::Syntax {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1),
            reason: error.message().to_owned(),
        };
        let description: Self = toml::from_str(text).map_err(syntax)?;
        description.check(path)?;
        Ok(description)
    }

    /// The text of `radiograph-source.toml`.
    pub fn to_toml(&self) -> String {
        // Every key is text, and every value has a form in TOML.
        toml::to_string_pretty(self).unwrap_or_default()
    }

    fn check(&self, path: &Path) -> Result<(), DescriptionError> {
        let tables = self.tables.iter().map(|table| &table.file);
        let of_films =
            self.class_patterns.keys().chain(self.view_patterns.keys()).chain(&self.augmented_patterns);
        let refused = |pattern: &str, reason: String| DescriptionError::Pattern {
            path: path.to_owned(),
            pattern: pattern.to_owned(),
            reason,
        };
        for pattern in self.other_files.iter().chain(&self.exclude).chain(of_films).chain(tables) {
            glob::Pattern::new(pattern).map_err(|error| refused(pattern, error.msg.to_owned()))?;
        }
        let from_path = [(&self.patient_from_path, Self::PATIENT), (&self.study_from_path, Self::STUDY)];
        for (pattern, component) in from_path {
            if let Some(pattern) = pattern
                && (pattern.split('/').any(|part| part != "*" && part != component)
                    || pattern.matches(component).count() != 1)
            {
                let reason = format!(
                    "write {component} once and * for every other component, such as {component}/*/*"
                );
                return Err(refused(pattern, reason));
            }
        }
        if let Some((pattern, word)) =
            self.view_patterns.iter().find(|(_, word)| View::read(word) == View::Unknown)
        {
            return Err(refused(pattern, format!("{word:?} is no view; write PA, AP, frontal or lateral")));
        }
        match self.tables.iter().find(|table| table.film_column().is_none()) {
            Some(table) => Err(DescriptionError::NoFilmColumn {
                path: path.to_owned(),
                table: table.file.clone(),
                roles: Role::OF_FILMS.map(Role::key).into(),
            }),
            None => Ok(()),
        }
    }
}

impl TableDescription {
    /// The form in which the table is read.
    pub fn form(&self) -> CellsForm {
        CellsForm {
            separator: self.separator,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            header: self.header.clone(),
        }
    }

    /// Column by which the rows tell their films: that of the most exact role.
    pub fn film_column(&self) -> Option<(Role, &str)> {
        Role::OF_FILMS.into_iter().find_map(|role| Some((role, self.columns.get(&role)?.as_str())))
    }
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests;
