//! Reads a collection without a table that has one folder for each class.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};

use super::{Cohen, CollectionReader, Kermany, Source, SourceError, adapter, cohen, is_image, kermany, nih};
use crate::{ClassName, Label, Modality, PatientId, Provenance, Reason, SourceName};

/// A collection with one folder for each class, such as DarkCovidNet's or the paper's merged set.
///
/// **Where from**: DarkCovidNet, <https://github.com/muhammedtalo/COVID-19> (`Covid-19/`, `No_findings/`, `Pneumonia/`);
/// the merged set of the paper's authors, Mendeley `mxc6vb7svm` and `jctsfj2sfn` (`covid/`, `pneumonia/`, `normal/`);
/// the COVID-19 Radiography Database, Kaggle `tawsifurrahman/covid19-radiography-database` (`COVID/`, `Lung_Opacity/`,
/// `Normal/`, `Viral Pneumonia/`, each with `images/` and `masks/`); COVID-QU-Ex, Kaggle `anasmohammedtahir/covidqu`.
/// **Licence**: that of the collections which the images were taken from.
/// **Layout**: images in folders named by their class, at any depth; the innermost such folder counts. The folders may lie
/// in `train/`, `val/` and `test/`; the publishers' split is not used. Masks are left out.
/// **Unverified** for all but DarkCovidNet's COVID-19 folder, which was at hand; built from descriptions.
///
/// The label is the folder's name, compared whole and without regard to case. `Lung_Opacity` is a class of its own; it is used
/// if the recipe's classes name it. `Non-COVID` rules COVID-19 out and says nothing else.
///
/// Such sets are made of other collections, and where a name is in another's style the record says so: `00000002_000.png` of
/// NIH and `person12_virus_3.jpeg` of Kermany, which carry that collection's patient as well, and
/// `ryct.2020200034.fig2.jpeg` or a UUID in capitals of Cohen's, whose names do not tell patients. Many programs export
/// `IM-0001-0001.jpeg`, so such names are Kermany's only if most names of the set are, and never where they show COVID-19.
/// Nothing else is known.
#[derive(Clone, Debug)]
pub struct ClassFolders {
    root: PathBuf,
    name: SourceName,
    classes: BTreeMap<String, ClassName>,
}

/// Folder names that rule COVID-19 out.
const NOT_COVID: [&str; 6] =
    ["non-covid", "non_covid", "noncovid", "non-covid-19", "non-covid19", "non covid"];
/// Folder names of published splits, which may hold the folders of classes.
const SPLITS: [&str; 7] = ["train", "training", "val", "valid", "validation", "test", "testing"];

/// Whether folders, by their names in lower case, are those of classes, or of a split into such.
pub(super) fn is_layout(folders: &BTreeMap<String, PathBuf>) -> bool {
    let is_class = |name: &str| ClassFolders::DEFAULT.iter().any(|(class, _)| *class == name);
    let holds_class = |folder: &Path| {
        let names = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| {
            let entry = entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))?;
            entry.file_name().into_string().ok()
        });
        names.into_iter().any(|name| is_class(&name.to_lowercase()))
    };
    // Nothing but the split: a folder of collections may well have one that is called `test`.
    let is_split = !folders.is_empty() && folders.keys().all(|name| SPLITS.contains(&name.as_str()));
    folders.keys().any(|name| is_class(name))
        || is_split && folders.values().any(|folder| holds_class(folder))
}

impl ClassFolders {
    /// A finding outside the three classes: opacities that COVID-19 did not cause, or whose cause is unknown.
    pub const LUNG_OPACITY: &str = "Lung_Opacity";

    /// Folder names that stand for classes.
    pub const DEFAULT: [(&str, &str); 21] = [
        ("covid", COVID_19),
        ("covid-19", COVID_19),
        ("covid19", COVID_19),
        ("covid_19", COVID_19),
        ("pneumonia", PNEUMONIA),
        ("viral pneumonia", PNEUMONIA),
        ("viral_pneumonia", PNEUMONIA),
        ("viral-pneumonia", PNEUMONIA),
        ("bacterial pneumonia", PNEUMONIA),
        ("bacterial_pneumonia", PNEUMONIA),
        ("bacterial-pneumonia", PNEUMONIA),
        ("normal", NORMAL),
        ("healthy", NORMAL),
        ("no_findings", NORMAL),
        ("no_finding", NORMAL),
        ("no findings", NORMAL),
        ("no finding", NORMAL),
        ("no-findings", NORMAL),
        ("lung_opacity", Self::LUNG_OPACITY),
        ("lung opacity", Self::LUNG_OPACITY),
        ("lung-opacity", Self::LUNG_OPACITY),
    ];

    /// The collection in a folder, with the [default](Self::DEFAULT) names of folders.
    pub fn new(name: SourceName, root: impl Into<PathBuf>) -> Self {
        let classes = Self::DEFAULT.map(|(folder, class)| (folder.to_owned(), class.into())).into();
        Self { root: root.into(), name, classes }
    }

    /// Lets a further folder name stand for a class, or one of the default names for another.
    #[must_use]
    pub fn folder(mut self, folder: &str, class: impl Into<ClassName>) -> Self {
        self.classes.insert(folder.to_lowercase(), class.into());
        self
    }

    /// The label of a file, by the innermost folder that gives it one.
    fn label(&self, file: &str) -> Option<Label> {
        file.rsplit('/').skip(1).find_map(|folder| {
            let name = folder.to_lowercase();
            match self.classes.get(&name) {
                Some(class) => Some(Label::of(class.clone(), Provenance::Folder, folder)),
                None if NOT_COVID.contains(&name.as_str()) => {
                    Some(Label::without(COVID_19, Provenance::Folder, folder))
                }
                None => None,
            }
        })
    }
}

impl Source for ClassFolders {
    adapter!(place);

    fn read_into(&self, reader: &mut CollectionReader) -> Result<(), SourceError> {
        let images: Vec<String> =
            reader.folder().files().filter(|file| is_image(file)).map(str::to_owned).collect();
        let mut labelled: Vec<(String, Label)> = Vec::new();
        for file in images {
            if file.split('/').any(|part| part == "__MACOSX" || part.starts_with("._")) {
                continue; // reported as an archiver's litter
            }
            match self.label(&file) {
                Some(label) => labelled.push((file, label)),
                None => reader.exclude(None, Some(&file), Reason::OutsideClassFolders),
            }
        }
        let is_covid = |label: &Label| label.class().is_some_and(|class| class == COVID_19);
        // Names of other collections say nothing about these.
        let undecided = labelled.iter().filter(|(_, label)| !is_covid(label)).map(|(file, _)| name_of(file));
        let undecided =
            undecided.filter(|name| nih::patient_of_name(name).is_none() && !cohen::is_own_name(name));
        let of_kermany = kermany::are_own_names(undecided);
        for (file, label) in labelled {
            let name = name_of(&file);
            let by_kermany = kermany::is_own_name(name) || of_kermany && !is_covid(&label);
            let mut record = reader.record_of_file("", &file);
            record.label = label;
            record.modality = Modality::Unknown;
            record.patient = patient_of_name(name).filter(|patient| !is_of_kermany(patient) || by_kermany);
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

fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The patient that a file's name gives away, in the collection that names its files so.
fn patient_of_name(name: &str) -> Option<PatientId> {
    nih::patient_of_name(name).or_else(|| kermany::patient_of_name(name))
}

fn is_of_kermany(patient: &PatientId) -> bool {
    patient.source().as_str() == Kermany::NAME
}
