//! Reads a folder of DICOM files by their headers. No table is needed, and no label is known.

use std::{fs::File, io::Read, path::Path};

use radiograph_image::{DicomHeader, ImageError, ImageFormat, Limits, SNIFF_BYTES};

use super::{CollectionReader, Source, SourceError, adapter};
use crate::{Age, Label, Modality, Oddity, Reason, Sex, View};

adapter! {
    /// A folder of DICOM files, at any depth and with any extension or none.
    ///
    /// **Where from**: an archive (PACS) of one's own, or any collection published as DICOM.
    /// **Licence**: as the archive says; headers hold none.
    /// **Layout**: any; files are told by their content. Other images in the folder are excluded by name.
    ///
    /// Patient ID, sex, age, view position and modality are read from the header. Headers hold no diagnosis, so all labels
    /// are unknown until the user sets them.
    DicomFolder
}

impl Source for DicomFolder {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let files: Vec<String> = reader.folder().files().map(str::to_owned).collect();
        for file in files {
            let path = reader.folder().root().join(&file);
            let promises = ImageFormat::of_extension(&path);
            let is_dicom = is_dicom(&path);
            if !is_dicom && promises.is_none() {
                continue; // a text or a table
            }
            if !is_dicom {
                reader.exclude(None, Some(&file), Reason::NotDicom("other content".to_owned()));
                continue;
            }
            match DicomHeader::read(&path, &Limits::default()) {
                Ok(header) => self.add(reader, &file, &header),
                Err(ImageError::Undecodable { reason, .. }) => {
                    reader.exclude(None, Some(&file), Reason::NotDicom(reason.to_string()));
                }
                Err(error) => reader.exclude(None, Some(&file), Reason::NotDicom(error.to_string())),
            }
        }
        Ok(())
    }
}

impl DicomFolder {
    fn add(&self, reader: &mut CollectionReader, file: &str, header: &DicomHeader) {
        let mut record = reader.record_of_file("", file);
        record.label = Label::unknown();
        record.patient = header.patient.as_deref().and_then(|patient| reader.patient(patient));
        record.modality = header.modality.as_deref().map_or(Modality::Unknown, Modality::read);
        record.view = header.view.as_deref().map_or(View::Unknown, View::read);
        record.sex = header.sex.as_deref().and_then(Sex::read);
        record.age = header.age.as_deref().and_then(Age::read);
        if let (None, Some(age)) = (record.age, &header.age) {
            let oddity = Oddity::Impossible { column: "PatientAge", value: age.clone() };
            reader.note(None, Some(file), oddity);
        }
        reader.add(record);
    }
}

/// Whether a file begins as a DICOM file does.
pub(super) fn is_dicom(path: &Path) -> bool {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    let read = File::open(path).and_then(|file| file.take(SNIFF_BYTES as u64).read_to_end(&mut start));
    read.is_ok() && ImageFormat::of_content(&start) == Some(ImageFormat::Dicom)
}
