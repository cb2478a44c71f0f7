//! What a column of a table can mean, and the names by which a column of each meaning is recognised.

use serde::{Deserialize, Serialize};

/// Meaning of a column.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The film's file: its path, or its name with or without extension if only one film is named so.
    File,
    /// SOP Instance UID of the film's DICOM header.
    InstanceUid,
    /// Study Instance UID: the row holds for all films of the examination.
    StudyUid,
    /// Accession number: the row holds for all films of the examination.
    AccessionNumber,
    /// Patient. Without one of the columns above, the row holds for all films of the patient.
    Patient,
    /// Number of the same patient in another collection, which [`Description::patients_elsewhere`] names. Never found by its name,
    /// only given.
    ///
    /// [`Description::patients_elsewhere`]: super::Description::patients_elsewhere
    PatientElsewhere,
    /// Case: stands for the patient where that is blank.
    Case,
    /// Class, in words.
    Class,
    /// View: PA, AP, lateral, ….
    View,
    /// Modality: X-ray, CR, DX, CT, ….
    Modality,
    /// Sex of the patient.
    Sex,
    /// Age of the patient: years, or with a unit such as `060Y` or `11M`.
    Age,
    /// Day of the examination: `2020-03-31`, `20200331`, `31.03.2020`. It identifies patients and leaves no private folder.
    Date,
    /// Bits that each sample of the film has, where its file does not state them. Never found by its name, only given.
    Bits,
    /// Photometric interpretation of the film's file, where that does not state it: the pictures of MONOCHROME1 are inverted.
    /// Read only if a description names the column: the conversion to pictures may have inverted the films already.
    PhotometricInterpretation,
    /// Licence of the film.
    Licence,
    /// Page that the film was taken from.
    Url,
    /// Place where the film was taken.
    Location,
    /// Whether the film was made from another one: 1, yes, true, augmented.
    Augmented,
    /// File that the film was made from.
    Parent,
}

impl Role {
    /// Roles by which rows tell their films, the most exact one first.
    pub const OF_FILMS: [Self; 5] =
        [Self::File, Self::InstanceUid, Self::StudyUid, Self::AccessionNumber, Self::Patient];

    const ALL: [Self; 20] = [
        Self::File,
        Self::InstanceUid,
        Self::StudyUid,
        Self::AccessionNumber,
        Self::Patient,
        Self::PatientElsewhere,
        Self::Case,
        Self::Class,
        Self::View,
        Self::Modality,
        Self::Sex,
        Self::Age,
        Self::Date,
        Self::Bits,
        Self::PhotometricInterpretation,
        Self::Licence,
        Self::Url,
        Self::Location,
        Self::Augmented,
        Self::Parent,
    ];

    /// Its key in a description.
    pub fn key(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::InstanceUid => "instance_uid",
            Self::StudyUid => "study_uid",
            Self::AccessionNumber => "accession_number",
            Self::Patient => "patient",
            Self::PatientElsewhere => "patient_elsewhere",
            Self::Case => "case",
            Self::Class => "class",
            Self::View => "view",
            Self::Modality => "modality",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::Date => "date",
            Self::Bits => "bits",
            Self::PhotometricInterpretation => "photometric_interpretation",
            Self::Licence => "licence",
            Self::Url => "url",
            Self::Location => "location",
            Self::Augmented => "augmented",
            Self::Parent => "parent",
        }
    }

    /// What it is, in words for a message.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::InstanceUid => "SOP Instance UID",
            Self::StudyUid => "Study Instance UID",
            Self::AccessionNumber => "accession number",
            other => other.key(),
        }
    }

    /// The role of a column by its name, whatever its case, blanks, hyphens and underscores.
    ///
    /// ```
    /// use radiograph_dataset::source::description::Role;
    ///
    /// assert_eq!(Role::of_column("Patient ID"), Some(Role::Patient));
    /// assert_eq!(Role::of_column("StudyInstanceUID"), Some(Role::StudyUid));
    /// assert_eq!(Role::of_column("weight"), None);
    /// ```
    pub fn of_column(name: &str) -> Option<Self> {
        let plain = plain(name);
        Self::ALL.into_iter().find(|role| role.names().contains(&plain.as_str()))
    }

    /// Names of columns that have this role, in lower case and without blanks, hyphens and underscores.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::File => &[
                "file",
                "filename",
                "filepath",
                "path",
                "image",
                "imagefile",
                "imagename",
                "imagepath",
                "imageid",
                "imageindex",
                "img",
                "imgname",
                "dicom",
                "dicompath",
                "dicomfile",
                "relativepath",
            ],
            Self::InstanceUid => &["sopinstanceuid", "instanceuid", "sopuid", "imageuid"],
            Self::StudyUid => &["studyinstanceuid", "studyuid", "studyid", "study"],
            Self::AccessionNumber => &["accessionnumber", "accession", "accessionno"],
            Self::Patient => &[
                "patient",
                "patientid",
                "patientno",
                "patientnumber",
                "subject",
                "subjectid",
                "person",
                "personid",
                "pid",
                "mrn",
            ],
            Self::Case => &["case", "caseid", "caseno", "casenumber", "caseurl"],
            Self::Class => &[
                "class",
                "classname",
                "label",
                "labels",
                "finding",
                "findings",
                "findinglabels",
                "diagnosis",
                "category",
                "disease",
                "pathology",
                "target",
            ],
            Self::View => &["view", "viewposition", "projection"],
            Self::Modality => &["modality"],
            Self::Sex => &["sex", "gender", "patientsex", "patientgender"],
            Self::Age => &["age", "patientage", "ageyears"],
            Self::Date => &["date", "studydate", "examdate", "examinationdate", "acquisitiondate"],
            Self::PatientElsewhere | Self::Bits | Self::PhotometricInterpretation => &[],
            Self::Licence => &["licence", "license"],
            Self::Url => &["url", "link"],
            Self::Location => &["location", "hospital", "site", "institution"],
            Self::Augmented => &["augmented", "isaugmented"],
            Self::Parent => &["parent", "original", "originalfile", "augmentedfrom"],
        }
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
