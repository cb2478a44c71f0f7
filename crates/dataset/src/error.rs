//! Why a collection cannot be read at all. What concerns one row or file is an
//! [`Exclusion`](crate::Exclusion) instead,
//! and does not end the reading.

use std::{io, path::PathBuf};

use radiograph_files::FileError;

use crate::{ClassName, RecordId, SourceName, image::Undecodable, manifest::ManifestFault};

/// Why a collection cannot be read, or a request cannot be met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Two columns of a table have one name.
    #[error("{}: two columns are named {column:?}; rename or remove one", path.display())]
    AmbiguousColumn {
        /// The metadata file.
        path: PathBuf,
        /// Their name.
        column: String,
    },

    /// The classes of a manifest cannot be a set of classes.
    #[error("the classes of the training and test images: {0}")]
    Classes(#[from] radiograph_classes::Error),

    /// Two collections would give their records the same ids.
    #[error("two collections are named {name:?}; give each folder its own source name")]
    DuplicateSource {
        /// The name.
        name: String,
    },

    /// The metadata is in an encoding that tables cannot be read in.
    #[error("{}: the table is encoded in {found}; save it as UTF-8", path.display())]
    Encoding {
        /// The metadata file.
        path: PathBuf,
        /// What the byte order mark says.
        found: &'static str,
    },

    /// A collection's folder is not there, or is not a folder.
    #[error("{}: not a folder; give the folder that holds the collection", path.display())]
    Folder {
        /// The path given.
        path: PathBuf,
    },

    /// Text is not of the form `source:name`.
    #[error("{text:?} is not an id; ids are written source:name")]
    Id {
        /// The text given.
        text: String,
    },

    /// A row of a manifest cannot be taken as it is.
    #[error("{}, line {row}: {fault}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Line of the row; the header is line 1.
        row: u64,
        /// What is wrong with it.
        fault: ManifestFault,
    },

    /// Metadata lacks columns without which its rows mean nothing.
    #[error("{}: no column {}; the header has {}", path.display(), missing.join(", "), found.join(", "))]
    MissingColumns {
        /// The metadata file.
        path: PathBuf,
        /// Columns that are needed and not there.
        missing: Vec<String>,
        /// Columns that are there; a long header is cut.
        found: Vec<String>,
    },

    /// A collection's metadata file is not there.
    #[error("{}: no such file; {layout}", path.display())]
    NoMetadata {
        /// The metadata file looked for.
        path: PathBuf,
        /// How the collection is laid out.
        layout: &'static str,
    },

    /// A metadata file is a folder, a device or another thing that is not a plain file inside the collection.
    #[error("{}: not a plain file inside the collection's folder; put the published table there", path.display())]
    NotAFile {
        /// The metadata file.
        path: PathBuf,
    },

    /// A class has no image to be trained and tested on.
    #[error("no image of class {class} is left; add a collection that has some, or ask for other classes")]
    EmptyClass {
        /// The class.
        class: ClassName,
    },

    /// A class has fewer groups than parts that each need one.
    #[error(
        "class {class} has {groups} groups, and {needed} parts need one each; \
         ask for fewer folds, or add images of other patients"
    )]
    TooFewGroups {
        /// The class.
        class: ClassName,
        /// Groups with images of it that may be validated or tested on.
        groups: usize,
        /// Parts that need one.
        needed: usize,
    },

    /// Groups cannot be dealt so that every part has every class.
    #[error(
        "groups of several classes cannot be dealt so that every part has class {class}; ask for fewer folds"
    )]
    PartWithoutClass {
        /// The class.
        class: ClassName,
    },

    /// A collection cannot be held out of training.
    #[error("{held_out} cannot be held out: {reason}")]
    SourceOut {
        /// The collection.
        held_out: SourceName,
        /// Why not.
        reason: String,
    },

    /// A split or a balance is asked for with a value that it cannot have.
    #[error("split: `{field}` is out of its range; {remedy}")]
    Split {
        /// The field.
        field: &'static str,
        /// What it may be.
        remedy: &'static str,
    },

    /// A pair names an image that is not in the list.
    #[error("a pair names image {position} of {images}, counted from 0")]
    NoSuchImage {
        /// The position that it names.
        position: usize,
        /// How many images there are.
        images: usize,
    },

    /// A certificate cannot be read.
    #[error("{}: {reason}; assemble the data again", path.display())]
    Certificate {
        /// The certificate.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// No recipe has this name.
    #[error("{name:?} is no preset; there are paper, released-code and trustworthy")]
    NoSuchPreset {
        /// The name given.
        name: String,
    },

    /// An image lies outside the folder that a manifest is made for, or its path is not Unicode.
    #[error("{}: not below {}, or a name that is not Unicode; give a folder that holds all collections", path.display(), folder.display())]
    OutsideFolder {
        /// The image.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },

    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },

    /// A row of a table does not end within the limit: an unclosed quote, or not a table.
    #[error("{}: row {row} is longer than {limit} bytes; is a quotation mark left open?", path.display())]
    RowTooLong {
        /// The metadata file.
        path: PathBuf,
        /// Line at which the row begins; the header is line 1.
        row: u64,
        /// Bytes that a row may have.
        limit: u64,
    },

    /// A name of a collection has characters that ids and file names cannot carry.
    #[error("{name:?} cannot name a collection; use lower-case letters, digits and hyphens")]
    SourceName {
        /// The name given.
        name: String,
    },

    /// A folder holds more files than the limit.
    #[error("{}: more than {limit} files; give a folder of one collection", path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// Files that it may hold.
        limit: usize,
    },

    /// A metadata file has more rows than the limit.
    #[error("{}: more than {limit} rows", path.display())]
    TooManyRows {
        /// The metadata file.
        path: PathBuf,
        /// Rows that it may have.
        limit: usize,
    },

    /// Two images have one id.
    #[error("two images are called {id}; ids are unique")]
    TwoRecords {
        /// The id.
        id: RecordId,
    },

    /// A result cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),

    /// An image does not become a picture.
    #[error("{}: {reason}", path.display())]
    Image {
        /// The image file.
        path: PathBuf,
        /// What is wrong with its content.
        reason: Undecodable,
    },

    /// A step of preprocessing is asked for with a value that it cannot have.
    #[error("preprocessing: `{field}` is out of its range; {remedy}")]
    Preprocess {
        /// The field.
        field: &'static str,
        /// What it may be.
        remedy: &'static str,
    },

    /// A setting of the search for same pictures has a value that it cannot have.
    #[error("same pictures: `{field}` is out of its range; {remedy}")]
    SamePicture {
        /// The field.
        field: &'static str,
        /// What it may be.
        remedy: &'static str,
    },

    /// Threads cannot be had.
    #[error("{threads} threads cannot be had: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        reason: String,
    },

    /// Phantoms cannot be written as asked.
    #[error("phantoms: {reason}")]
    Phantoms {
        /// What is wrong, and what helps.
        reason: String,
    },
}
