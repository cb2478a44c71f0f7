//! Reads what a DICOM header says about patient and image, without decoding pixels.

use std::path::Path;

use dicom_dictionary_std::tags;
use dicom_object::{OpenFileOptions, Tag, file::ReadPreamble};

use super::{Object, chain, damaged, guard};
use crate::{ImageError, Limits, Undecodable, read_file};

/// Header fields of a DICOM file, in the file's words. Blank and missing elements are `None`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DicomHeader {
    /// Patient ID (0010,0020).
    pub patient: Option<String>,
    /// Patient's Sex (0010,0040).
    pub sex: Option<String>,
    /// Patient's Age (0010,1010), such as `058Y`.
    pub age: Option<String>,
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// View Position (0018,5101).
    pub view: Option<String>,
    /// Meaning of the first View Code (0054,0220), such as `postero-anterior`.
    pub view_code: Option<String>,
    /// Patient Orientation (0020,0020): where rows and columns point, such as `L\\F`.
    pub orientation: Option<String>,
    /// Body Part Examined (0018,0015).
    pub body_part: Option<String>,
    /// Series Description (0008,103E).
    pub series: Option<String>,
    /// Presentation Intent Type (0008,0068): `FOR PRESENTATION` or `FOR PROCESSING`.
    pub intent: Option<String>,
    /// Accession Number (0008,0050).
    pub accession_number: Option<String>,
    /// Study Instance UID (0020,000D).
    pub study_uid: Option<String>,
    /// SOP Instance UID (0008,0018).
    pub instance_uid: Option<String>,
}

impl DicomHeader {
    /// Reads the header of a DICOM file.
    ///
    /// # Errors
    ///
    /// [`ImageError::Read`] if the system refuses the file, [`ImageError::Undecodable`] if it is no DICOM file, is larger
    /// than the limit, or its lengths and nesting do not hold.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self, ImageError> {
        let bytes = read_file(path, limits)?;
        Self::of_bytes(&bytes).map_err(|reason| ImageError::Undecodable { path: path.to_owned(), reason })
    }

    /// Reads the header from the bytes of a DICOM file.
    ///
    /// # Errors
    ///
    /// As [`DicomHeader::read`].
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Undecodable> {
        let syntax = guard::transfer_syntax(bytes)?;
        guard::check_lengths(bytes, &syntax)?;
        let object: Object = OpenFileOptions::new()
            .read_preamble(ReadPreamble::Always)
            .read_until(tags::PIXEL_DATA)
            .from_reader(bytes)
            .map_err(|error| damaged(chain(&error)))?;
        Ok(Self {
            patient: text(&object, tags::PATIENT_ID),
            sex: text(&object, tags::PATIENT_SEX),
            age: text(&object, tags::PATIENT_AGE),
            modality: text(&object, tags::MODALITY),
            view: text(&object, tags::VIEW_POSITION),
            view_code: view_code(&object),
            orientation: text(&object, tags::PATIENT_ORIENTATION),
            body_part: text(&object, tags::BODY_PART_EXAMINED),
            series: text(&object, tags::SERIES_DESCRIPTION),
            intent: text(&object, tags::PRESENTATION_INTENT_TYPE),
            accession_number: text(&object, tags::ACCESSION_NUMBER),
            study_uid: text(&object, tags::STUDY_INSTANCE_UID),
            instance_uid: text(&object, tags::SOP_INSTANCE_UID),
        })
    }
}

fn view_code(object: &Object) -> Option<String> {
    let first = object.get(tags::VIEW_CODE_SEQUENCE)?.items()?.first()?;
    trimmed(&first.get(tags::CODE_MEANING)?.to_str().ok()?)
}

fn text(object: &Object, tag: Tag) -> Option<String> {
    trimmed(&object.get(tag)?.to_str().ok()?)
}

fn trimmed(text: &str) -> Option<String> {
    let text = text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}
