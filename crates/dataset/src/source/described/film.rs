//! The films of a collection, with what their DICOM headers say.

use std::io::Read;

use radiograph_image::{DicomHeader, ImageFormat, Limits, SNIFF_BYTES};
use rayon::prelude::*;

use crate::{
    Age, Modality, Oddity, PatientId, Reason, Record, Sex, SourceName, View,
    source::{
        CollectionReader, Folder,
        description::{Description, Role},
        is_image, pattern,
    },
};

/// A file that is a film, with its header if it is DICOM.
#[derive(Debug)]
pub(super) struct Film {
    /// Path relative to the collection's folder.
    pub(super) file: String,
    pub(super) header: Option<DicomHeader>,
    pub(super) is_dicom: bool,
    /// Why its header cannot be read.
    pub(super) fault: Option<Reason>,
}

/// The films of a collection in the order of their names. Other files and those that the description leaves out are told to
/// the reader.
pub(super) fn list(reader: &mut CollectionReader, description: &Description) -> Vec<Film> {
    let mut candidates = Vec::new();
    let others: Vec<_> = description.other_files.iter().map(|text| pattern::matcher(text)).collect();
    let excluded: Vec<_> = description.exclude.iter().map(|text| (text, pattern::matcher(text))).collect();
    let files: Vec<String> = reader.folder().files().map(str::to_owned).collect();
    for file in files {
        let litter = file.split('/').any(|part| part == "__MACOSX" || part.starts_with("._"));
        if others.iter().any(|fits| fits(&file)) || is_directory_of_files(&file) {
            reader.set_aside_file(&file);
        } else if let Some((pattern, _)) = excluded.iter().find(|(_, fits)| fits(&file)) {
            reader.exclude(None, Some(&file), Reason::ExcludedByPattern((*pattern).clone()));
        } else if !litter {
            candidates.push(file);
        }
    }
    let folder = reader.folder();
    let read_headers = description.headers;
    candidates.into_par_iter().filter_map(|file| Film::look_at(folder, file, read_headers)).collect()
}

/// Whether a file lists the others of an export, under the name that PS3.10, 8.6 gives it. It has the form of a film.
fn is_directory_of_files(file: &str) -> bool {
    file.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR"))
}

impl Film {
    fn look_at(folder: &Folder, file: String, read_headers: bool) -> Option<Self> {
        let mut start = Vec::with_capacity(SNIFF_BYTES);
        let mut open = folder.open_file(&file, "").ok()?;
        let sniffed = open.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut start);
        let is_dicom = sniffed.is_ok() && ImageFormat::of_content(&start) == Some(ImageFormat::Dicom);
        if !is_dicom {
            return is_image(&file).then_some(Self { file, header: None, is_dicom, fault: None });
        }
        if !read_headers {
            return Some(Self { file, header: None, is_dicom, fault: None });
        }
        let (header, fault) = match DicomHeader::of_reader(start.as_slice().chain(open), &Limits::default()) {
            Ok(header) => (Some(header), None),
            Err(error) => (None, Some(Reason::NotDicom(error.to_string()))),
        };
        Some(Self { file, header, is_dicom, fault })
    }

    /// The number of this role in the header.
    pub(super) fn number(&self, role: Role) -> Option<&str> {
        let header = self.header.as_ref()?;
        match role {
            Role::InstanceUid => header.instance_uid.as_deref(),
            Role::StudyUid => header.study_uid.as_deref(),
            Role::AccessionNumber => header.accession_number.as_deref(),
            Role::Patient => header.patient.as_deref(),
            _ => None,
        }
    }

    /// Why the header rules the film out, if it does: another part of the body, or the detector's raw data.
    pub(super) fn reason_to_leave_out(&self) -> Option<Reason> {
        let header = self.header.as_ref()?;
        if header.intent.as_deref().is_some_and(|intent| intent.eq_ignore_ascii_case("FOR PROCESSING")) {
            return Some(Reason::ForProcessing);
        }
        let part = header.body_part.as_deref()?;
        let lower = part.to_lowercase();
        let is_chest = CHEST.iter().any(|word| lower.contains(word));
        (!is_chest).then(|| Reason::BodyPart(part.to_owned()))
    }

    /// Fills in what the tables leave open.
    pub(super) fn fill(&self, record: &mut Record, namespace: &SourceName, reader: &mut CollectionReader) {
        let Some(header) = &self.header else { return };
        let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        if record.patient.is_none() && !blank(&header.patient) {
            record.patient = header.patient.as_deref().map(|number| PatientId::new(namespace, number.trim()));
        }
        if record.modality == Modality::Unknown {
            record.modality = header.modality.as_deref().map_or(Modality::Unknown, Modality::read);
        }
        record.view = record.view.or(view(header));
        record.sex = record.sex.or_else(|| header.sex.as_deref().and_then(Sex::read));
        if record.age.is_none()
            && let Some(age) = &header.age
        {
            record.age = Age::read(age);
            if record.age.is_none() {
                let oddity = Oddity::Impossible { column: "PatientAge", value: age.clone() };
                reader.note(None, Some(&self.file), oddity);
            }
        }
    }
}

/// Words of Body Part Examined that mean the chest, in lower case: English, German, Spanish, Portuguese, Italian, French.
const CHEST: [&str; 8] = ["chest", "thora", "lung", "torax", "tórax", "torac", "pulm", "poumon"];

/// The view that a header tells: by View Position, by View Code, by a word of the series' description, or by the orientation of
/// the picture's rows.
fn view(header: &DicomHeader) -> View {
    let by_position = header.view.as_deref().map_or(View::Unknown, View::read);
    let by_code = header.view_code.as_deref().map_or(View::Unknown, View::read);
    let by_series = header.series.as_deref().map_or(View::Unknown, View::find);
    // On a frontal film the rows run from one side of the body to the other.
    let rows = header.orientation.as_deref().and_then(|directions| directions.chars().next());
    let by_rows = if matches!(rows, Some('A' | 'P')) { View::Lateral } else { View::Unknown };
    by_position.or(by_code).or(by_series).or(by_rows)
}
