//! The shipped descriptions against the tables that their collections publish, in the folder that `RADIOGRAPH_PUBLIC_TABLES`
//! names: `torchxrayvision/data` of the wheel of torchxrayvision 1.5.7. The films are not there; their names are.
//!
//! The expected numbers were counted with Python's csv module.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    path::Path,
};

use flate2::read::GzDecoder;
use radiograph_classes::{NORMAL, PNEUMONIA};
use radiograph_dataset::{
    Presence, Record, View,
    source::{Collection, Folder, recognise},
};

/// The text of a packed table.
fn table(name: &str) -> Option<String> {
    let folder = radiograph_needs::folder("RADIOGRAPH_PUBLIC_TABLES")?;
    let file = File::open(folder.join(name)).unwrap();
    let mut text = String::new();
    if name.ends_with(".zip") {
        zip::ZipArchive::new(file).unwrap().by_index(0).unwrap().read_to_string(&mut text).unwrap();
    } else {
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
    }
    Some(text)
}

/// The collection that a folder with this table is recognised as, read with the films that a column of the table names.
fn read(name: &str, text: &str, known_as: &str, film: impl Fn(&csv::StringRecord) -> String) -> Collection {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(name), text).unwrap();
    let recognised = recognise(place.path()).unwrap();
    let [source] = &recognised.sources[..] else { panic!("{} sources", recognised.sources.len()) };
    assert_eq!(source.name().as_str(), known_as);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let films: BTreeSet<String> = reader.records().map(|row| film(&row.unwrap())).collect();
    let files = films.iter().map(|film| (film.as_str(), "")).chain([(name, text)]);
    source.read_folder(Folder::in_memory(files)).unwrap()
}

fn patients(collection: &Collection) -> usize {
    collection.records.iter().filter_map(|record| record.patient.as_ref()).collect::<BTreeSet<_>>().len()
}

fn count(collection: &Collection, wanted: impl Fn(&Record) -> bool) -> usize {
    collection.records.iter().filter(|record| wanted(record)).count()
}

/// The numbers of images of class normal, of pneumonia, and of none or of several.
fn classes(collection: &Collection) -> [usize; 3] {
    let of = |class: &str| count(collection, |record| record.class().is_some_and(|of| of == class));
    [of(NORMAL), of(PNEUMONIA), count(collection, |record| record.class().is_none())]
}

fn views(collection: &Collection) -> BTreeMap<View, usize> {
    let mut views = BTreeMap::new();
    for record in &collection.records {
        *views.entry(record.view).or_insert(0) += 1;
    }
    views
}

fn column(at: usize, ending: &'static str) -> impl Fn(&csv::StringRecord) -> String {
    move |row| format!("films/{}{ending}", &row[at])
}

#[test]
fn chexpert() {
    let Some(text) = table("chexpert_train.csv.gz") else { return };
    // The table's names begin with the folder that holds the table.
    let below = |row: &csv::StringRecord| row[0].split_once('/').unwrap().1.to_owned();
    let collection = read("train.csv", &text, "chexpert", below);
    assert_eq!((collection.records.len(), patients(&collection)), (223_414, 64_540));
    assert_eq!(classes(&collection), [22_381, 6_039, 194_994]);
    let of_pneumonia = |presence| count(&collection, |record| record.label.presence(PNEUMONIA) == presence);
    assert_eq!(of_pneumonia(Presence::Absent), 2_799);
    // Blank, and -1: uncertain.
    assert_eq!(of_pneumonia(Presence::Unknown), 195_806 + 18_770);
    assert_eq!(
        views(&collection),
        [(View::Pa, 29_420), (View::Ap, 161_590), (View::Lateral, 32_387 + 17)].into()
    );
    let patient = collection.records[0].patient.as_ref().unwrap();
    assert_eq!(patient.to_string(), "chexpert:patient00001");
}

#[test]
fn padchest() {
    let Some(text) = table("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz") else { return };
    let name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv";
    let in_folders = |row: &csv::StringRecord| format!("{}/{}", &row[2], &row[1]);
    let collection = read(name, &text, "padchest", in_folders);
    assert_eq!((collection.records.len(), patients(&collection)), (160_861, 67_625));
    assert_eq!(classes(&collection), [50_612, 8_170, 102_075 + 4]);
    let views = views(&collection);
    assert_eq!(
        [View::Pa, View::Lateral, View::ApSupine, View::Ap].map(|view| views[&view]),
        [91_728, 49_579, 14_346, 4_559]
    );
}

#[test]
fn rsna() {
    let Some(text) = table("kaggle_stage_2_train_labels.csv.zip") else { return };
    let collection = read("stage_2_train_labels.csv", &text, "rsna-pneumonia", column(0, ".png"));
    assert_eq!(collection.records.len(), 26_684);
    assert_eq!(classes(&collection), [0, 6_012, 20_672]);
    // One person has films under several numbers.
    assert_eq!(patients(&collection), 0);
}

#[test]
fn siim() {
    let Some(text) = table("siim-pneumothorax-train-rle.csv.gz") else { return };
    let collection = read("train-rle.csv", &text, "siim-acr-pneumothorax", column(0, ".png"));
    assert_eq!(collection.records.len(), 12_047);
    let of = |class: &str| count(&collection, |record| record.class().is_some_and(|of| of == class));
    assert_eq!((of("no pneumothorax"), of("pneumothorax")), (9_378, 2_669));
}

#[test]
fn vinbigdata() {
    let Some(text) = table("vinbigdata-train.csv.gz") else { return };
    let collection = read("train.csv", &text, "vinbigdata", column(0, ".png"));
    assert_eq!(collection.records.len(), 15_000);
    assert_eq!(classes(&collection)[0], 10_606);
    assert_eq!(count(&collection, |record| record.class().is_some_and(|of| of == "other finding")), 4_394);
}

#[test]
fn nih() {
    let Some(text) = table("Data_Entry_2017_v2020.csv.gz") else { return };
    let in_folder = |row: &csv::StringRecord| Path::new("images").join(&row[0]).to_str().unwrap().to_owned();
    let collection = read("Data_Entry_2017_v2020.csv", &text, "nih", in_folder);
    assert_eq!((collection.records.len(), patients(&collection)), (112_120, 30_805));
    assert_eq!(classes(&collection), [60_361, 1_431, 50_328]);
    assert_eq!(views(&collection), [(View::Pa, 67_310), (View::Ap, 44_810)].into());
}
