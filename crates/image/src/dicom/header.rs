//! Reads what a DICOM header says about patient and image, without decoding pixels.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use super::{data_set::DataSet, file::File, tags};
use crate::{ImageError, Limits, Undecodable};

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
    /// Manufacturer (0008,0070).
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090).
    pub model: Option<String>,
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
        let unreadable = |source| ImageError::Read { path: path.to_owned(), source };
        let file = fs::File::open(path).map_err(unreadable)?;
        Self::of_reader(file, limits).map_err(|error| match error {
            HeaderError::Read(source) => unreadable(source),
            HeaderError::Undecodable(reason) => ImageError::Undecodable { path: path.to_owned(), reason },
        })
    }

    /// Reads the header from the start of a DICOM file, and no more of the file than that takes: a few tens of kilobytes of
    /// most films.
    ///
    /// # Errors
    ///
    /// [`HeaderError`].
    pub fn of_reader(mut reader: impl Read, limits: &Limits) -> Result<Self, HeaderError> {
        let mut bytes = Vec::new();
        let mut piece = FIRST_PIECE;
        loop {
            let read = reader.by_ref().take(piece).read_to_end(&mut bytes).map_err(HeaderError::Read)? as u64;
            let (is_whole, size) = (read < piece, bytes.len() as u64);
            if size > limits.file_bytes {
                return Err(Undecodable::TooManyBytes { bytes: size, limit: limits.file_bytes }.into());
            }
            match Self::before_pixels(&bytes, limits) {
                Ok((header, reached_pixels)) if reached_pixels || is_whole => return Ok(header),
                Err(reason) if is_whole => return Err(reason.into()),
                // What is missing may be in the rest of the file.
                _ => piece = (7 * size).min(limits.file_bytes - size + 1),
            }
        }
    }

    /// Reads the header from the bytes of a DICOM file.
    ///
    /// # Errors
    ///
    /// As [`DicomHeader::read`].
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Undecodable> {
        Ok(Self::before_pixels(bytes, &Limits::default())?.0)
    }

    /// The header, and whether it is all there is before the pixels.
    fn before_pixels(bytes: &[u8], limits: &Limits) -> Result<(Self, bool), Undecodable> {
        let mut notes = Vec::new();
        let file = File::open(bytes, limits.allocation, &mut notes)?;
        let set = DataSet::read_before_pixels(&file.data, file.encoding, &mut notes)?;
        Ok((Self::of_set(&set), set.reached_pixels))
    }

    fn of_set(set: &DataSet<'_>) -> Self {
        Self {
            patient: set.text(tags::PATIENT_ID),
            sex: set.text(tags::PATIENT_SEX),
            age: set.text(tags::PATIENT_AGE),
            modality: set.text(tags::MODALITY),
            view: set.text(tags::VIEW_POSITION),
            view_code: view_code(set),
            orientation: set.text(tags::PATIENT_ORIENTATION),
            body_part: set.text(tags::BODY_PART_EXAMINED),
            series: set.text(tags::SERIES_DESCRIPTION),
            intent: set.text(tags::PRESENTATION_INTENT_TYPE),
            manufacturer: set.text(tags::MANUFACTURER),
            model: set.text(tags::MODEL_NAME),
            accession_number: set.text(tags::ACCESSION_NUMBER),
            study_uid: set.text(tags::STUDY_INSTANCE_UID),
            instance_uid: set.text(tags::SOP_INSTANCE_UID),
        }
    }
}

/// Bytes that are read first. Headers of films have 2 to 20 kilobytes.
const FIRST_PIECE: u64 = 1 << 15;

/// Why the header of a DICOM file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The system refuses to read on.
    #[error("{0}")]
    Read(io::Error),
    /// It is no DICOM file, it is larger than the limit, or its lengths and nesting do not hold.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
}

fn view_code(set: &DataSet<'_>) -> Option<String> {
    set.first_item(tags::VIEW_CODE_SEQUENCE)?.text(tags::CODE_MEANING)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::DeflateEncoder};

    use super::*;

    fn element(group: u16, number: u16, kind: &[u8; 2], value: &[u8]) -> Vec<u8> {
        let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
        let length = if kind == b"UT" {
            [&[0, 0][..], &(value.len() as u32).to_le_bytes()].concat()
        } else {
            (value.len() as u16).to_le_bytes().to_vec()
        };
        [&tag[..], kind, &length, value].concat()
    }

    /// A few kilobytes of a deflated data set may stand for gigabytes.
    #[test]
    fn a_deflated_header_keeps_to_the_limit_of_its_reader() {
        let patient = element(0x10, 0x20, b"LO", b"4711");
        let long = element(0x10, 0x4000, b"UT", &[b'x'; 1 << 20]);
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        deflated.write_all(&[patient, long].concat()).unwrap();
        let syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1.99");
        let file = [&[0; 128][..], b"DICM", &syntax, &deflated.finish().unwrap()].concat();
        assert!(file.len() < 2500, "{}", file.len());
        let limits = Limits::default();
        assert_eq!(DicomHeader::of_reader(&file[..], &limits).unwrap().patient.as_deref(), Some("4711"));
        let narrow = Limits { allocation: 1 << 19, ..limits };
        let error = DicomHeader::of_reader(&file[..], &narrow).unwrap_err();
        assert!(matches!(error, HeaderError::Undecodable(_)), "{error}");
    }
}
