//! Reads a collection without a table that has one folder for each class.

use std::{collections::BTreeMap, path::PathBuf};

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};

use super::{Cohen, CollectionReader, Source, SourceError, adapter, cohen, is_image, kermany, nih};
use crate::{ClassName, Label, Modality, PatientId, Provenance, Reason, SourceName};

/// A collection with one folder for each class, such as DarkCovidNet's or the paper's merged set.
///
/// **Where from**: DarkCovidNet, <https://github.com/muhammedtalo/COVID-19> (`Covid-19/`, `No_findings/`, `Pneumonia/`);
/// the merged set of the paper's authors, Mendeley `mxc6vb7svm` and `jctsfj2sfn` (`covid/`, `pneumonia/`, `normal/`).
/// **Licence**: that of the collections which the images were taken from.
/// **Layout**: images in folders named by their class, at any depth; the innermost such folder counts.
/// **Unverified** for the merged sets, built from descriptions; DarkCovidNet's COVID-19 folder was at hand.
///
/// The label is the folder's name, compared whole and without regard to case. Such sets are made of other collections,
/// and where a name is in another's style the record says so: `00000002_000.png` of NIH and `person12_virus_3.jpeg` of
/// Kermany, which carry that collection's patient as well, and `ryct.2020200034.fig2.jpeg` or a UUID in capitals of
/// Cohen's, whose names do not tell patients. Nothing else is known.
#[derive(Clone, Debug)]
pub struct ClassFolders {
    root: PathBuf,
    name: SourceName,
    classes: BTreeMap<String, ClassName>,
}

impl ClassFolders {
    /// Folder names that stand for the three classes.
    pub const DEFAULT: [(&str, &str); 12] = [
        ("covid", COVID_19),
        ("covid-19", COVID_19),
        ("covid19", COVID_19),
        ("covid_19", COVID_19),
        ("pneumonia", PNEUMONIA),
        ("normal", NORMAL),
        ("healthy", NORMAL),
        ("no_findings", NORMAL),
        ("no_finding", NORMAL),
        ("no findings", NORMAL),
        ("no finding", NORMAL),
        ("no-findings", NORMAL),
    ];

    /// The collection in a folder, with the [default](Self::DEFAULT) names of folders.
    pub fn new(name: SourceName, root: impl Into<PathBuf>) -> Self {
        let classes = Self::DEFAULT.map(|(folder, class)| (folder.to_owned(), class.into())).into();
        Self { root: root.into(), name, classes }
    }

    /// Lets a further folder name stand for a class.
    #[must_use]
    pub fn folder(mut self, folder: &str, class: impl Into<ClassName>) -> Self {
        self.classes.insert(folder.to_lowercase(), class.into());
        self
    }

    fn class(&self, file: &str) -> Option<(ClassName, String)> {
        let mut folders = file.rsplit('/').skip(1);
        folders
            .find_map(|folder| Some((self.classes.get(&folder.to_lowercase())?.clone(), folder.to_owned())))
    }
}

impl Source for ClassFolders {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let images: Vec<String> =
            reader.folder().files().filter(|file| is_image(file)).map(str::to_owned).collect();
        for file in images {
            if file.split('/').any(|part| part == "__MACOSX" || part.starts_with("._")) {
                continue; // reported as an archiver's litter
            }
            let Some((class, folder)) = self.class(&file) else {
                reader.exclude(None, Some(&file), Reason::OutsideClassFolders);
                continue;
            };
            let mut record = reader.record_of_file("", &file);
            record.label = Label::of(class, Provenance::Folder, folder);
            record.modality = Modality::Unknown;
            let name = file.rsplit('/').next().unwrap_or(&file);
            record.patient = patient_of_name(name);
            record.taken_from = match &record.patient {
                Some(patient) => Some(patient.source().clone()),
                None if cohen::is_own_name(name) => Some(SourceName::of_adapter(Cohen::NAME)),
                None => None,
            };
            reader.add(record);
        }
        Ok(())
    }
}

/// The patient that a file's name gives away, in the collection that names its files so.
fn patient_of_name(name: &str) -> Option<PatientId> {
    nih::patient_of_name(name).or_else(|| kermany::patient_of_name(name))
}
