//! What was unusual about a file that was read all the same.

use std::{borrow::Cow, fmt};

/// Something that a reader of a picture should know about its file. The picture is right; the file is not as it should be,
/// or said less than it should.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A DICOM file lacks the 128 bytes and the letters `DICM` that a file begins with.
    NoPreamble,
    /// A DICOM file lacks the file meta group; the encoding was told by its first elements.
    NoMetaGroup,
    /// The file meta group of a DICOM file has another length than it says.
    GroupLength {
        /// Bytes that the group says it has.
        declared: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// The elements of a DICOM file are written in another encoding than its transfer syntax says.
    OtherEncoding,
    /// The compressed pixels of a DICOM file end without their delimiter.
    NoDelimiter,
    /// There are bytes behind the pixels of a DICOM file; they were left out.
    ExcessPixels {
        /// Number of bytes left out.
        bytes: u64,
    },
    /// Pixels are coded in another way than the transfer syntax says.
    OtherCoding {
        /// The coding that was found.
        found: &'static str,
    },
    /// An optional attribute cannot be used; the next defined path took its place.
    Unusable {
        /// The attribute's name and number.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// A DICOM file has lines or letters beside its pixels that a viewer can lay over them; they were not drawn.
    Overlay,
    /// A DICOM film is marked FOR PROCESSING: its values are those of the detector, before the device made a picture of them.
    ForProcessing,
    /// An orientation mark of a camera was applied.
    Turned {
        /// EXIF Orientation, 2 to 8.
        orientation: u8,
    },
    /// The samples use a part of the range that their depth offers; this part was stretched over all of it.
    Stretched {
        /// The sample that became black.
        black: u16,
        /// The sample that became white.
        white: u16,
    },
}

impl Note {
    pub(crate) fn unusable(attribute: impl fmt::Display, value: &str) -> Self {
        // A value may be as long as a file.
        let value = value.chars().take(40).collect();
        Self::Unusable { attribute: attribute.to_string(), value }
    }

    /// A short name, the same for all notes of this sort, for counts: what was found, without its numbers.
    pub fn sort(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NoPreamble => "no-preamble",
            Self::NoMetaGroup => "no-meta-group",
            Self::GroupLength { .. } => "group-length",
            Self::OtherEncoding => "other-encoding",
            Self::NoDelimiter => "no-delimiter",
            Self::ExcessPixels { .. } => "excess-pixels",
            Self::OtherCoding { .. } => "other-coding",
            Self::Unusable { attribute, .. } => return Cow::Owned(format!("unusable {attribute}")),
            Self::Overlay => "overlay",
            Self::ForProcessing => "for-processing",
            Self::Turned { .. } => "turned",
            Self::Stretched { .. } => "stretched",
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPreamble => write!(formatter, "DICOM without preamble"),
            Self::NoMetaGroup => write!(formatter, "DICOM without file meta group"),
            Self::GroupLength { declared, found } => {
                write!(formatter, "the file meta group says {declared} bytes and has {found}")
            }
            Self::OtherEncoding => {
                write!(formatter, "the data set is encoded in another way than the transfer syntax says")
            }
            Self::NoDelimiter => write!(formatter, "the delimiter behind the pixels is missing"),
            Self::ExcessPixels { bytes } => {
                write!(formatter, "{bytes} bytes behind the pixels were left out")
            }
            Self::OtherCoding { found } => {
                write!(formatter, "the pixels are {found}, against what the transfer syntax says")
            }
            Self::Unusable { attribute, value } => {
                write!(formatter, "{attribute} is {value:?}, which cannot be used")
            }
            Self::Overlay => write!(formatter, "the overlay beside the pixels was not drawn"),
            Self::ForProcessing => {
                write!(formatter, "the film is FOR PROCESSING: raw values of the detector are shown")
            }
            Self::Turned { orientation } => {
                write!(formatter, "turned upright by EXIF orientation {orientation}")
            }
            Self::Stretched { black, white } => {
                write!(formatter, "samples from {black} to {white} were stretched from black to white")
            }
        }
    }
}
