//! The adapters against published metadata, in the folder that `RADIOGRAPH_DATA` names.
//!
//! The expected counts are those of an inventory made with other tools (Python's csv module and `git cat-file`).

use std::{collections::BTreeSet, path::PathBuf};

use radiograph_classes::{COVID_19, NORMAL, PNEUMONIA};
use radiograph_dataset::{
    Modality, Oddity, Presence, Provenance, Reason, Record, View,
    source::{
        ClassFolders, Cohen, Collection, CovidCxnet, Described, Figure1, Hannover, Nih, Source,
        description::Description,
    },
};

/// A folder below the one in `RADIOGRAPH_DATA`; without it the test is recorded as skipped.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    Some(radiograph_needs::folder("RADIOGRAPH_DATA")?.join(folder))
}

fn read(source: &impl Source) -> Collection {
    let collection = source.read().unwrap();
    println!(
        "ran on {} records and {} exclusions of {}",
        collection.records.len(),
        collection.exclusions.len(),
        collection.source
    );
    assert!(!collection.records.is_empty());
    let ids: BTreeSet<_> = collection.records.iter().map(|record| &record.id).collect();
    assert_eq!(ids.len(), collection.records.len(), "ids are unique");
    collection
}

fn count<'a>(records: impl Iterator<Item = &'a Record>, wanted: impl Fn(&Record) -> bool) -> usize {
    records.filter(|record| wanted(record)).count()
}

fn excluded(collection: &Collection, code: &str) -> usize {
    collection.exclusions.iter().filter(|exclusion| exclusion.reason.code() == code).count()
}

fn is(record: &Record, class: &str) -> bool {
    record.class().is_some_and(|present| present == class)
}

#[test]
fn cohen() {
    let Some(folder) = data("covid-chestxray-dataset") else { return };
    let collection = read(&Cohen::new(folder));
    assert_eq!(collection.rows, 673);
    assert_eq!(collection.described().count(), 673);
    let x_ray = |record: &Record| record.modality == Modality::XRay;
    assert_eq!(count(collection.described(), x_ray), 589);
    for (view, expected) in [(View::Pa, 302), (View::ApSupine, 134), (View::Ap, 106), (View::Lateral, 47)] {
        assert_eq!(count(collection.described(), |record| x_ray(record) && record.view == view), expected);
    }
    let covid = |record: &Record| x_ray(record) && is(record, COVID_19);
    assert_eq!(count(collection.described(), covid), 458);
    let patients: BTreeSet<_> = collection
        .described()
        .filter(|record| covid(record))
        .map(|record| record.patient.clone().unwrap())
        .collect();
    assert_eq!(patients.len(), 262);
    let frontal = |record: &Record| covid(record) && record.view.is_frontal() == Some(true);
    assert_eq!(count(collection.described(), frontal), 434);
    let child = |record: &Record| record.age.is_some_and(|age| age.within(0..=17) == Some(true));
    assert_eq!(count(collection.described(), child), 1);
    let sirm = |record: &Record| record.url.as_deref().is_some_and(|url| url.contains("sirm.org"));
    assert_eq!(count(collection.described(), sirm), 81);
    assert_eq!(count(collection.described(), |record| sirm(record) && record.licence.is_some()), 0);
    assert!(collection.notes.iter().all(|note| !matches!(note.oddity, Oddity::UnknownWord { .. })));
}

#[test]
fn cohen_files_and_rows_that_do_not_fit() {
    let Some(folder) = data("covid-chestxray-dataset") else { return };
    let collection = read(&Cohen::new(folder));
    // 13 files that no row names.
    assert_eq!(excluded(&collection, "file-without-row"), 13);
    let without_row: BTreeSet<&str> = collection
        .exclusions
        .iter()
        .filter(|exclusion| exclusion.reason == Reason::FileWithoutRow)
        .map(|exclusion| exclusion.file.as_deref().unwrap())
        .collect();
    for name in ["FAFA-A1BF-49A8-A1D3-66FAFA41B7345D.jpg", "aqaa062i0002-a.png", "gr1_lrg.jpg"] {
        assert!(without_row.contains(format!("images/{name}").as_str()), "{name}");
    }
    // Rows of the 20 CT volumes and of the images that are not here.
    let volumes = |record: &Record| record.path.parent().unwrap().ends_with("volumes");
    assert_eq!(count(collection.described(), volumes), 21);
    // Five files have two rows under two patients: 285 and 339, 287 and 340.
    assert_eq!(excluded(&collection, "second-row"), 5);
    let twice: Vec<&str> = collection
        .notes
        .iter()
        .filter(|note| matches!(note.oddity, Oddity::PatientsUnited { .. }))
        .map(|note| note.file.as_deref().unwrap())
        .collect();
    assert_eq!(twice, ["000001-24.jpg", "000006-17.jpg", "000007-15.jpg", "000001-27.jpg", "000002-29.jpg"]);
    let of = |file: &str| collection.records.iter().find(|record| record.id.name() == file).unwrap();
    assert_eq!(of("000001-24.jpg").patient.as_ref().unwrap().to_string(), "cohen:285+339");
    assert_eq!(of("000001-27.jpg").patient.as_ref().unwrap().to_string(), "cohen:287+340");
    let without_file = excluded(&collection, "row-without-file");
    assert_eq!(collection.records.len() + without_file + 5, 673);
    assert_eq!(collection.records.len() + 13, 646);
    // Published sizes, not those of the copies here.
    let published = of("000001-12.jpg").published.clone().unwrap();
    assert_eq!((published.format.to_string().as_str(), published.width, published.height), ("PNG", 373, 361));
}

#[test]
fn figure1() {
    let Some(folder) = data("Figure1-COVID-chestxray-dataset") else { return };
    let collection = read(&Figure1::new(folder));
    assert_eq!((collection.rows, collection.records.len(), collection.exclusions.len()), (55, 55, 0));
    let patients: BTreeSet<_> =
        collection.records.iter().map(|record| record.patient.clone().unwrap()).collect();
    assert_eq!(patients.len(), 48);
    for (class, expected) in [(COVID_19, 35), (NORMAL, 3), (PNEUMONIA, 2)] {
        assert_eq!(count(collection.records.iter(), |record| is(record, class)), expected, "{class}");
    }
    assert_eq!(count(collection.records.iter(), |record| record.class().is_none()), 15);
    for (view, expected) in [(View::FrontalByCollection, 37), (View::Ap, 15), (View::Pa, 3)] {
        assert_eq!(count(collection.records.iter(), |record| record.view == view), expected);
    }
    // Two images of one patient: without a finding, and a year later with nothing said.
    let of =
        |file: &str| collection.records.iter().find(|record| record.id.name().starts_with(file)).unwrap();
    let (earlier, later) = (of("COVID-00040a"), of("COVID-00040b"));
    assert!(is(earlier, NORMAL) && later.class().is_none());
    assert_eq!(earlier.patient.as_ref().unwrap().to_string(), "figure1:COVID-00040");
    assert_eq!(earlier.patient, later.patient);
    let ages: BTreeSet<String> =
        collection.records.iter().filter_map(|record| record.age).map(|age| age.to_string()).collect();
    for age in ["50+", "67+", "40-49", "50-59"] {
        assert!(ages.contains(age), "{age}");
    }
}

#[test]
fn covid_cxnet() {
    let Some(folder) = data("COVID-CXNet") else { return };
    let collection = read(&CovidCxnet::new(folder));
    assert_eq!((collection.rows, collection.records.len()), (452, 449));
    assert_eq!(count(collection.described(), |record| record.row.is_some()), 452);
    assert_eq!(count(collection.described(), |record| record.label.provenance() == Provenance::Pcr), 359);
    let table = |record: &Record| record.row.is_some() && record.view == View::FrontalByCollection;
    assert_eq!(count(collection.described(), table), 227);
    assert_eq!(count(collection.described(), |record| record.view == View::Ap), 190);
    assert_eq!(count(collection.described(), |record| record.view == View::Pa), 35);
    assert!(collection.records.iter().all(|record| is(record, COVID_19)));
    // Every file is used, with a row or without.
    assert_eq!(excluded(&collection, "file-without-row"), 0);
    let without_row = collection.notes.iter().filter(|note| note.oddity == Oddity::NotInTable).count();
    assert_eq!(without_row, count(collection.records.iter(), |record| record.row.is_none()));
    // Of the 32 names that do not exist as written, those whose file is here.
    let differ: BTreeSet<(&str, &str)> = collection
        .notes
        .iter()
        .filter_map(|note| match &note.oddity {
            Oddity::NameDiffers { written, found } => Some((written.as_str(), found.as_str())),
            _ => None,
        })
        .collect();
    let capitals =
        ["375", "377", "379", "381", "383", "385", "387", "389", "391", "393", "395", "397", "401"]
            .map(|number| (format!("{number}.png"), format!("{number}.PNG")));
    let other = [("403.jpg", "403.jpeg"), ("423.jpg", "423.JPG"), ("786.jpg", "786.jpeg")];
    let capitals = capitals.iter().map(|(written, found)| (written.as_str(), found.as_str()));
    assert_eq!(differ, capitals.chain(other).collect());
    let children = |record: &Record| record.age.is_some_and(|age| age.within(0..=17) == Some(true));
    let named_children = collection
        .records
        .iter()
        .filter(|record| record.id.name().contains("p.") || record.id.name().contains("p-."));
    assert!(named_children.clone().count() > 3);
    assert!(named_children.filter(|record| record.row.is_none()).all(children));
}

#[test]
fn hannover() {
    let Some(folder) = data("covid-19-image-repository") else { return };
    let collection = read(&Hannover::new(folder));
    assert_eq!((collection.rows, collection.records.len(), collection.exclusions.len()), (110, 110, 0));
    for (view, expected) in [(View::Ap, 87), (View::Pa, 23)] {
        assert_eq!(count(collection.records.iter(), |record| record.view == view), expected);
    }
    let patients: BTreeSet<_> = collection.records.iter().map(|record| record.patient.clone()).collect();
    assert_eq!(patients.len(), 35);
    assert!(
        collection.records.iter().all(|record| record.age.is_none() && record.modality == Modality::XRay)
    );
    let presence =
        |wanted| count(collection.records.iter(), |record| record.label.presence(COVID_19) == wanted);
    let [present, absent, unknown] = [Presence::Present, Presence::Absent, Presence::Unknown].map(presence);
    println!("COVID-19 present {present}, absent {absent}, unknown {unknown}");
    assert_eq!(present + absent + unknown, 110);
    assert!(collection.records.iter().all(|record| !is(record, NORMAL)));
}

#[test]
fn nih() {
    let Some(folder) = data("nih-chest-xrays") else { return };
    let collection = read(&Nih::new(&folder));
    assert_eq!((collection.rows, collection.records.len(), collection.exclusions.len()), (785, 785, 0));
    for (class, expected) in [(PNEUMONIA, 402), (NORMAL, 383)] {
        assert_eq!(count(collection.records.iter(), |record| is(record, class)), expected, "{class}");
    }
    for (view, expected) in [(View::Ap, 442), (View::Pa, 343)] {
        assert_eq!(count(collection.records.iter(), |record| record.view == view), expected);
    }
    let patients: BTreeSet<_> =
        collection.records.iter().map(|record| record.patient.clone().unwrap()).collect();
    assert_eq!(patients.len(), 546);
    assert!(collection.notes.is_empty(), "{:?}", collection.notes);

    let alone = read(&Nih::new(folder).pneumonia_alone());
    assert_eq!(count(alone.records.iter(), |record| is(record, PNEUMONIA)), 99);
}

#[test]
fn darkcovidnet() {
    let Some(folder) = data("darkcovidnet") else { return };
    let collection = read(&ClassFolders::new("darkcovidnet".parse().unwrap(), folder));
    assert_eq!((collection.records.len(), collection.exclusions.len()), (124, 0));
    assert!(collection.records.iter().all(|record| is(record, COVID_19)));
    assert!(collection.records.iter().all(|record| record.published.is_some()));
    // Names in Cohen's style are names of Cohen's table, and other collections have none of them.
    let of_cohen: BTreeSet<&str> = collection
        .records
        .iter()
        .filter(|record| record.taken_from.as_ref().is_some_and(|source| source.as_str() == "cohen"))
        .map(|record| record.id.name().trim_start_matches("Covid-19/"))
        .collect();
    assert_eq!(of_cohen.len(), 92);
    let cohen = read(&Cohen::new(data("covid-chestxray-dataset").unwrap()));
    let named: BTreeSet<String> = cohen
        .described()
        .map(|record| record.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(of_cohen.iter().all(|name| named.contains(*name)));
    let elsewhere = ["COVID-CXNet/chest_xray_images", "Figure1-COVID-chestxray-dataset", "nih-chest-xrays"];
    for folder in elsewhere.into_iter().chain(["covid-19-image-repository"]) {
        let others = ClassFolders::new("others".parse().unwrap(), data(folder).unwrap())
            .folder("covid19", COVID_19)
            .folder("images", NORMAL)
            .folder("png", COVID_19);
        let others = read(&others);
        let taken = others.records.iter().filter_map(|record| record.taken_from.as_ref());
        assert!(taken.clone().all(|source| source.as_str() == "nih"), "{folder}");
        assert_eq!(taken.count() > 0, folder.starts_with("nih"), "{folder}");
    }
}

#[test]
fn dicom() {
    let Some(folder) = data("originals") else { return };
    let collection = read(&Described::new(Description::default(), folder));
    assert_eq!(collection.records.len(), 2);
    assert_eq!(excluded(&collection, "not-dicom"), 4);
    for record in &collection.records {
        println!("{record:?}");
    }
    let not_dicom = collection.exclusions.iter().map(|exclusion| &exclusion.reason);
    assert!(not_dicom.clone().all(|reason| matches!(reason, Reason::NotDicom(_))));
}
