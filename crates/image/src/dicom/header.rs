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
        })
    }
}

fn text(object: &Object, tag: Tag) -> Option<String> {
    let text = object.get(tag)?.to_str().ok()?;
    let text = text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}
