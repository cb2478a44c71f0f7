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
    #[error("{column} {word:?} is not a known word{}", if *rows > 1 { format!(" ({rows} rows)") } else { String::new() })]
    UnknownWord {
        /// The column.
        column: &'static str,
        /// The word.
        word: String,
        /// Number of rows that have it; the note names the first.
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

impl Oddity {
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
            Self::Impossible { .. } => "impossible",
        }
    }
}
