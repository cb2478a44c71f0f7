//! Names the DICOM attributes that this crate reads, each with its number, its name in the standard and its type.

use std::fmt;

/// Group and element number of an attribute.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Tag(pub(super) u16, pub(super) u16);

macro_rules! attributes {
    ($($constant:ident = ($group:literal, $element:literal) $name:literal $kind:literal;)*) => {
        $(pub(super) const $constant: Tag = Tag($group, $element);)*

        impl Tag {
            /// Name in PS3.6; `None` for attributes that are not read here.
            pub(super) fn name(self) -> Option<&'static str> {
                match self {
                    $($constant => Some($name),)*
                    _ => None,
                }
            }

            /// Type (value representation) in PS3.6, for data sets that do not say it. `xs` is US or SS.
            pub(super) fn kind(self) -> [u8; 2] {
                match self {
                    $($constant => *$kind,)*
                    _ => *b"UN",
                }
            }
        }
    };
}

attributes! {
    META_GROUP_LENGTH = (0x0002, 0x0000) "File Meta Information Group Length" b"UL";
    TRANSFER_SYNTAX = (0x0002, 0x0010) "Transfer Syntax UID" b"UI";
    CHARACTER_SET = (0x0008, 0x0005) "Specific Character Set" b"CS";
    SOP_INSTANCE_UID = (0x0008, 0x0018) "SOP Instance UID" b"UI";
    ACCESSION_NUMBER = (0x0008, 0x0050) "Accession Number" b"SH";
    MODALITY = (0x0008, 0x0060) "Modality" b"CS";
    PRESENTATION_INTENT_TYPE = (0x0008, 0x0068) "Presentation Intent Type" b"CS";
    MANUFACTURER = (0x0008, 0x0070) "Manufacturer" b"LO";
    CODE_MEANING = (0x0008, 0x0104) "Code Meaning" b"LO";
    SERIES_DESCRIPTION = (0x0008, 0x103E) "Series Description" b"LO";
    MODEL_NAME = (0x0008, 0x1090) "Manufacturer's Model Name" b"LO";
    PATIENT_ID = (0x0010, 0x0020) "Patient ID" b"LO";
    PATIENT_SEX = (0x0010, 0x0040) "Patient's Sex" b"CS";
    PATIENT_AGE = (0x0010, 0x1010) "Patient's Age" b"AS";
    BODY_PART_EXAMINED = (0x0018, 0x0015) "Body Part Examined" b"CS";
    VIEW_POSITION = (0x0018, 0x5101) "View Position" b"CS";
    STUDY_INSTANCE_UID = (0x0020, 0x000D) "Study Instance UID" b"UI";
    PATIENT_ORIENTATION = (0x0020, 0x0020) "Patient Orientation" b"CS";
    SAMPLES_PER_PIXEL = (0x0028, 0x0002) "Samples per Pixel" b"US";
    PHOTOMETRIC_INTERPRETATION = (0x0028, 0x0004) "Photometric Interpretation" b"CS";
    PLANAR_CONFIGURATION = (0x0028, 0x0006) "Planar Configuration" b"US";
    NUMBER_OF_FRAMES = (0x0028, 0x0008) "Number of Frames" b"IS";
    ROWS = (0x0028, 0x0010) "Rows" b"US";
    COLUMNS = (0x0028, 0x0011) "Columns" b"US";
    BITS_ALLOCATED = (0x0028, 0x0100) "Bits Allocated" b"US";
    BITS_STORED = (0x0028, 0x0101) "Bits Stored" b"US";
    HIGH_BIT = (0x0028, 0x0102) "High Bit" b"US";
    PIXEL_REPRESENTATION = (0x0028, 0x0103) "Pixel Representation" b"US";
    PIXEL_PADDING_VALUE = (0x0028, 0x0120) "Pixel Padding Value" b"xs";
    PIXEL_PADDING_RANGE_LIMIT = (0x0028, 0x0121) "Pixel Padding Range Limit" b"xs";
    WINDOW_CENTER = (0x0028, 0x1050) "Window Center" b"DS";
    WINDOW_WIDTH = (0x0028, 0x1051) "Window Width" b"DS";
    RESCALE_INTERCEPT = (0x0028, 0x1052) "Rescale Intercept" b"DS";
    RESCALE_SLOPE = (0x0028, 0x1053) "Rescale Slope" b"DS";
    VOI_LUT_FUNCTION = (0x0028, 0x1056) "VOI LUT Function" b"CS";
    RED_DESCRIPTOR = (0x0028, 0x1101) "Red Palette Color Lookup Table Descriptor" b"xs";
    GREEN_DESCRIPTOR = (0x0028, 0x1102) "Green Palette Color Lookup Table Descriptor" b"xs";
    BLUE_DESCRIPTOR = (0x0028, 0x1103) "Blue Palette Color Lookup Table Descriptor" b"xs";
    RED_DATA = (0x0028, 0x1201) "Red Palette Color Lookup Table Data" b"OW";
    GREEN_DATA = (0x0028, 0x1202) "Green Palette Color Lookup Table Data" b"OW";
    BLUE_DATA = (0x0028, 0x1203) "Blue Palette Color Lookup Table Data" b"OW";
    RED_SEGMENTS = (0x0028, 0x1221) "Segmented Red Palette Color Lookup Table Data" b"OW";
    GREEN_SEGMENTS = (0x0028, 0x1222) "Segmented Green Palette Color Lookup Table Data" b"OW";
    BLUE_SEGMENTS = (0x0028, 0x1223) "Segmented Blue Palette Color Lookup Table Data" b"OW";
    MODALITY_LUT_SEQUENCE = (0x0028, 0x3000) "Modality LUT Sequence" b"SQ";
    LUT_DESCRIPTOR = (0x0028, 0x3002) "LUT Descriptor" b"xs";
    LUT_DATA = (0x0028, 0x3006) "LUT Data" b"OW";
    VOI_LUT_SEQUENCE = (0x0028, 0x3010) "VOI LUT Sequence" b"SQ";
    FRAME_VOI_LUT_SEQUENCE = (0x0028, 0x9132) "Frame VOI LUT Sequence" b"SQ";
    PIXEL_VALUE_TRANSFORMATION_SEQUENCE = (0x0028, 0x9145) "Pixel Value Transformation Sequence" b"SQ";
    VIEW_CODE_SEQUENCE = (0x0054, 0x0220) "View Code Sequence" b"SQ";
    PRESENTATION_LUT_SEQUENCE = (0x2050, 0x0010) "Presentation LUT Sequence" b"SQ";
    PRESENTATION_LUT_SHAPE = (0x2050, 0x0020) "Presentation LUT Shape" b"CS";
    SHARED_FUNCTIONAL_GROUPS = (0x5200, 0x9229) "Shared Functional Groups Sequence" b"SQ";
    PER_FRAME_FUNCTIONAL_GROUPS = (0x5200, 0x9230) "Per-Frame Functional Groups Sequence" b"SQ";
    FLOAT_PIXEL_DATA = (0x7FE0, 0x0008) "Float Pixel Data" b"OF";
    DOUBLE_FLOAT_PIXEL_DATA = (0x7FE0, 0x0009) "Double Float Pixel Data" b"OD";
    PIXEL_DATA = (0x7FE0, 0x0010) "Pixel Data" b"OW";
}

pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(super) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(super) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

impl Tag {
    /// Whether this is Overlay Data (60xx,3000): lines and letters that a viewer can lay over the film.
    pub(super) fn is_overlay(self) -> bool {
        self.0 & 0xFFE1 == 0x6000 && self.1 == 0x3000
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(formatter, "{name} ({:04X},{:04X})", self.0, self.1),
            None => write!(formatter, "({:04X},{:04X})", self.0, self.1),
        }
    }
}
