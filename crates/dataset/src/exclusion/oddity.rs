//! Oddities of a row or file that became a record nevertheless, with a code to count them by.

use serde::Serialize;

/// An oddity of a row or file that became a record nevertheless.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "code")]
#[non_exhaustive]
pub enum Oddity {
    /// The row's name and the file's differ in case, extension or suffix.
    #[error("the row writes {written:?}, the file is {found:?}")]
    NameDiffers {
        /// As the row writes it.
        written: String,
        /// As the file is called.
        found: String,
    },
    /// An image of the collection that its table does not describe; what the publishers say of all images holds.
    #[error("no row describes this file; only what holds for the whole collection is known")]
    NotInTable,
    /// One file is listed under several patients, who are taken for one from here on.
    #[error("patients {} share this file and count as one", patients.join(" and "))]
    PatientsUnited {
        /// The patients, as the collection numbers them.
        patients: Vec<String>,
    },
    /// Films of both sexes have one patient number.
    #[error("patient {patient:?} is female on some films and male on others; is this number one person's?")]
    PatientOfTwoSexes {
        /// The patient, as the collection numbers its people.
        patient: String,
    },
    /// A patient has more films than a person is likely to have.
    #[error("patient {patient:?} has {films} films; is this number one person's?")]
    PatientOfManyFilms {
        /// The patient, as the collection numbers its people.
        patient: String,
        /// Number of films.
        films: usize,
    },
    /// Two columns of a row, or a row and its file's name, contradict one another.
    #[error("{used}, but {unused}")]
    Contradiction {
        /// The statement that is used.
        used: String,
        /// The statement that is not.
        unused: String,
    },
    /// A word that is in no vocabulary of the collection, and so means nothing here.
    #[error("{column} {word:?} is not a known word{}", rows_text(*rows))]
    UnknownWord {
        /// The column.
        column: &'static str,
        /// The word.
        word: String,
        /// Number of rows that have it; the note names the first.
        rows: usize,
    },
    /// Days in a form that is not known, or in one that can mean two days.
    #[error("days such as {first:?} are not known; write 2020-03-31{}", rows_text(*rows))]
    UnknownDay {
        /// The first of them.
        first: String,
        /// Their form, with 9 for every digit.
        form: String,
        /// Number of rows that have it; the note names the first.
        rows: usize,
    },
    /// Numbers of a table lack the zeros that those of the films begin with, as spreadsheets drop them.
    #[error("{what} {written:?} is taken for {found:?}: spreadsheets drop zeros at the beginning{}", rows_text(*rows))]
    ZerosLost {
        /// What the number is, such as "accession number".
        what: &'static str,
        /// As the first such row writes it.
        written: String,
        /// As the film has it.
        found: String,
        /// Number of rows; the note names the first.
        rows: usize,
    },
    /// A value that cannot be, such as an age of 411 years; it is taken as not known.
    #[error("{column} {value:?} is impossible or unreadable")]
    Impossible {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
}

fn rows_text(rows: usize) -> String {
    if rows > 1 { format!(" ({rows} rows)") } else { String::new() }
}

impl Oddity {
    /// The number of rows that one note counts, with the words by which equal notes are told.
    pub(crate) fn counted(&mut self) -> Option<(&'static str, String, &mut usize)> {
        match self {
            Self::UnknownWord { column, word, rows } => Some((column, word.clone(), rows)),
            Self::UnknownDay { form, rows, .. } => Some(("form of a day", form.clone(), rows)),
            Self::ZerosLost { what, rows, .. } => Some((what, "zeros".to_owned(), rows)),
            _ => None,
        }
    }

    /// A short name, the same for all oddities of this kind.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameDiffers { .. } => "name-differs",
            Self::NotInTable => "not-in-table",
            Self::PatientsUnited { .. } => "patients-united",
            Self::PatientOfTwoSexes { .. } => "patient-of-two-sexes",
            Self::PatientOfManyFilms { .. } => "patient-of-many-films",
            Self::Contradiction { .. } => "contradiction",
            Self::UnknownWord { .. } => "unknown-word",
            Self::UnknownDay { .. } => "unknown-day",
            Self::ZerosLost { .. } => "zeros-lost",
            Self::Impossible { .. } => "impossible",
        }
    }
}
