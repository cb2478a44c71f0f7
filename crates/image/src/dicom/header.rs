//! Reads what a DICOM header says about patient and image, without decoding pixels.

use std::path::Path;

use super::{data_set::DataSet, file::File, tags};
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
        let mut notes = Vec::new();
        let file = File::open(bytes, Limits::default().allocation, &mut notes)?;
        let set = DataSet::read(&file.data, file.encoding, &mut notes)?;
        Ok(Self {
            patient: set.text(tags::PATIENT_ID),
            sex: set.text(tags::PATIENT_SEX),
            age: set.text(tags::PATIENT_AGE),
            modality: set.text(tags::MODALITY),
            view: set.text(tags::VIEW_POSITION),
            view_code: view_code(&set),
            orientation: set.text(tags::PATIENT_ORIENTATION),
            body_part: set.text(tags::BODY_PART_EXAMINED),
            series: set.text(tags::SERIES_DESCRIPTION),
            intent: set.text(tags::PRESENTATION_INTENT_TYPE),
            accession_number: set.text(tags::ACCESSION_NUMBER),
            study_uid: set.text(tags::STUDY_INSTANCE_UID),
            instance_uid: set.text(tags::SOP_INSTANCE_UID),
        })
    }
}

fn view_code(set: &DataSet<'_>) -> Option<String> {
    set.first_item(tags::VIEW_CODE_SEQUENCE)?.text(tags::CODE_MEANING)
}
