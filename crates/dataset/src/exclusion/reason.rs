//! Reasons why a row, a file or a record is left out, with a code to count them by.

use std::{borrow::Cow, collections::BTreeSet};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Age, ClassName, GroupId, Modality, RecordId, SourceName, View};

/// The reason why a row or file was left out. Counts go by [`Reason::code`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    // Of the row.
    /// The row does not have as many fields as the header.
    #[error("{got} fields where the header has {expected}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        got: usize,
    },
    /// The row holds bytes that are not text in the table's encoding.
    #[error("not valid {encoding}")]
    NotText {
        /// The encoding that the collection is published in.
        encoding: &'static str,
    },
    /// The row names no file.
    #[error("the row names no file")]
    NoName,
    /// The row names a file by an absolute path, by `..` or with a NUL character.
    #[error("the name leads out of the collection's folder ({0}); write a path below it")]
    NameLeavesFolder(&'static str),
    /// There is no such file.
    #[error("no such file{}; correct the name or add the file", similar_text(similar.as_deref()))]
    RowWithoutFile {
        /// A file whose name differs in case or extension only.
        similar: Option<String>,
    },
    /// An earlier row describes the same file in the same way.
    #[error("row {first} describes this file already")]
    SecondRow {
        /// Line of the earlier row.
        first: u64,
    },
    /// Two rows describe the same file and contradict one another about its class.
    #[error("rows {first} and {second} give this file different classes; correct one of them")]
    ContradictoryRows {
        /// Line of the earlier row.
        first: u64,
        /// Line of the later row.
        second: u64,
    },
    /// An earlier row describes another file by the same name in another folder, and names are ids.
    #[error("row {first} gives another file the same name, and so the same id; rename one")]
    SecondOfName {
        /// Line of the earlier row; 0 if no row describes that file.
        first: u64,
    },

    // Of the file.
    /// No row describes the image.
    #[error("no row describes this file")]
    FileWithoutRow,
    /// A link leads out of the collection's folder, or nowhere.
    #[error("a link that leads out of the folder or nowhere; copy the file into the folder")]
    LinkLeavesFolder,
    /// Linked folders are not walked.
    #[error("a linked folder; give its target as a folder of its own")]
    LinkedFolder,
    /// The file is a pipe, a socket or a device.
    #[error("not a plain file")]
    NotAPlainFile,
    /// The file's name is not Unicode.
    #[error("the file's name is not valid UTF-8; rename it")]
    NameNotUnicode,
    /// The system does not let the folder be read.
    #[error("the folder cannot be read")]
    FolderUnreadable,
    /// The folder lies deeper than the search goes.
    #[error("below {0} folders, as deep as is searched; move it up")]
    TooDeep(usize),
    /// A file that an archiver or an operating system left behind.
    #[error("left behind by an archiver")]
    ArchiveLitter,
    /// The folder was copied into itself.
    #[error("a copy of {0}")]
    NestedCopy(String),
    /// The file of a DICOM collection is not DICOM, or its header cannot be read.
    #[error("no readable DICOM header: {0}")]
    NotDicom(String),
    /// The picture is a mask, which shows where something is on a film, or another drawing or text of two gray values.
    #[error("a mask or a drawing and no film: {0}")]
    Mask(&'static str),
    /// The name fits several files, and none of them exactly.
    #[error("{} files fit this name: {}; write the path of one", files.len(), files.join(", "))]
    AmbiguousName {
        /// The files.
        files: Vec<String>,
    },
    /// The number by which a row tells its films (of an examination, a patient, an image) stands in no DICOM header.
    #[error("no film has this {what}; correct it or add the film")]
    NoSuchFilm {
        /// What the number is, such as "accession number".
        what: &'static str,
    },
    /// Without the zeros that they begin with, several numbers of films are the row's.
    #[error("{what}: {} differ from the row's in zeros at the beginning only; write the zeros", numbers.join(" and "))]
    AmbiguousNumber {
        /// What the number is, such as "accession number".
        what: &'static str,
        /// The numbers.
        numbers: Vec<String>,
    },
    /// One file is listed under more patients than an image can have.
    #[error("{0} patients share this file, so it cannot tell whose it is; correct the column of files")]
    ManyPatients(usize),
    /// The header says that another part of the body was examined.
    #[error("body part {0:?}")]
    BodyPart(String),
    /// The header says that the image is the detector's raw signal, not meant to be looked at.
    #[error("raw data of the detector (FOR PROCESSING)")]
    ForProcessing,
    /// The description of the collection leaves the file out.
    #[error("left out by the pattern {0:?} of the description")]
    ExcludedByPattern(String),
    /// The file lies in a folder that the collection does not describe.
    #[error("in no folder of a class")]
    OutsideClassFolders,

    // Filters.
    /// Another modality was asked for.
    #[error("modality {0:?}")]
    Modality(Modality),
    /// Another view was asked for.
    #[error("view {0:?}")]
    View(View),
    /// The age is outside the range asked for, or not known well enough to say.
    #[error("age {}", .0.map_or("unknown".into(), |age| Cow::Owned(age.to_string())))]
    Age(Option<Age>),
    /// None of the classes is known to be present.
    #[error("no class{}", if published.is_empty() { String::new() } else { format!(" ({published:?})") })]
    NoClass {
        /// The label in the publishers' words; empty if they wrote none, or their words are not to be shared.
        published: String,
    },
    /// The class was not asked for.
    #[error("class {0}")]
    Class(ClassName),
    /// The licence is not among those asked for.
    #[error("licence {}", .0.as_deref().unwrap_or("not stated"))]
    Licence(Option<String>),
    /// Made from another image.
    #[error("augmented")]
    Augmented,

    // Of the content.
    /// The file cannot be read, or does not become a picture.
    #[error("{0}")]
    Unreadable(String),
    /// Collections give different classes to one picture.
    #[error("the same picture is {}", names(classes))]
    LabelConflict {
        /// The classes.
        classes: BTreeSet<ClassName>,
    },

    // Choices.
    /// Another image of the same picture is kept.
    #[error("shows the same picture as {0}, which is kept")]
    SamePicture(RecordId),
    /// The patient has as many images as patients may have.
    #[error("the patient has {0} other images, as many as are kept")]
    PatientCap(usize),
    /// The group has as many images as groups may have.
    #[error("the group has {0} other images, as many as are kept")]
    GroupCap(usize),
    /// Its class has more images than are needed.
    #[error("{kept} other images of {class} are kept")]
    Surplus {
        /// The class.
        class: ClassName,
        /// How many of it are kept.
        kept: usize,
    },
    /// Its class, collection and origin have more images than the quota.
    #[error("{quota} are kept")]
    Quota {
        /// The quota in words.
        quota: String,
    },
    /// Classes are balanced by a field, and another class has too few images with this value.
    #[error("{field} {value}: other classes have fewer such images")]
    Unmatched {
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// Made from an unknown image, which may be a test image.
    #[error("made from an unknown image, which may be a test image")]
    ParentUnknown,
    /// Made from a test image, or of a test image's group.
    #[error("augmented, and what it belongs to is tested on ({0})")]
    ParentTested(GroupId),
    /// Of one group with images of the collection that is held out.
    #[error("in one group with images of {0}, which is held out")]
    SourceHeldOut(SourceName),
}

fn names(classes: &BTreeSet<ClassName>) -> String {
    classes.iter().map(ClassName::as_str).collect::<Vec<_>>().join(" here and ") + " there"
}

fn similar_text(similar: Option<&str>) -> Cow<'static, str> {
    similar.map_or("".into(), |name| format!("; {name:?} differs in case or extension only").into())
}

impl Reason {
    /// Codes of the reasons that are choices: these images could have been used, had the choice been another.
    pub const CHOICES: [&'static str; 9] = [
        "same-picture",
        "patient-cap",
        "group-cap",
        "surplus",
        "quota",
        "unmatched",
        "parent-unknown",
        "parent-tested",
        "source-held-out",
    ];

    /// A short name, the same for all rows and files that are left out for this reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => "field-count",
            Self::NotText { .. } => "not-text",
            Self::NoName => "no-name",
            Self::NameLeavesFolder(_) => "name-leaves-folder",
            Self::RowWithoutFile { .. } => "row-without-file",
            Self::SecondRow { .. } => "second-row",
            Self::ContradictoryRows { .. } => "contradictory-rows",
            Self::SecondOfName { .. } => "second-of-name",
            Self::FileWithoutRow => "file-without-row",
            Self::LinkLeavesFolder => "link-leaves-folder",
            Self::LinkedFolder => "linked-folder",
            Self::NotAPlainFile => "not-a-plain-file",
            Self::NameNotUnicode => "name-not-unicode",
            Self::FolderUnreadable => "folder-unreadable",
            Self::TooDeep(_) => "too-deep",
            Self::ArchiveLitter => "archive-litter",
            Self::NestedCopy(_) => "nested-copy",
            Self::NotDicom(_) => "not-dicom",
            Self::Mask(_) => "mask",
            Self::AmbiguousName { .. } => "ambiguous-name",
            Self::NoSuchFilm { .. } => "no-such-film",
            Self::AmbiguousNumber { .. } => "ambiguous-number",
            Self::ManyPatients(_) => "many-patients",
            Self::BodyPart(_) => "body-part",
            Self::ForProcessing => "for-processing",
            Self::ExcludedByPattern(_) => "excluded-by-pattern",
            Self::OutsideClassFolders => "outside-class-folders",
            Self::Modality(_) => "modality",
            Self::View(_) => "view",
            Self::Age(_) => "age",
            Self::NoClass { .. } => "no-class",
            Self::Class(_) => "class",
            Self::Licence(_) => "licence",
            Self::Augmented => "augmented",
            Self::Unreadable(_) => "unreadable",
            Self::LabelConflict { .. } => "label-conflict",
            Self::SamePicture(_) => "same-picture",
            Self::PatientCap(_) => "patient-cap",
            Self::GroupCap(_) => "group-cap",
            Self::Surplus { .. } => "surplus",
            Self::Quota { .. } => "quota",
            Self::Unmatched { .. } => "unmatched",
            Self::ParentUnknown => "parent-unknown",
            Self::ParentTested(_) => "parent-tested",
            Self::SourceHeldOut(_) => "source-held-out",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reason = serializer.serialize_struct("Reason", 2)?;
        reason.serialize_field("code", self.code())?;
        reason.serialize_field("text", &self.to_string())?;
        reason.end()
    }
}
