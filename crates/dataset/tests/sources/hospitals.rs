//! Trees as hospitals would have them, which nobody has tidied up.

use std::{collections::BTreeMap, fs, path::Path};

use radiograph_dataset::source::{Collection, recognise};

use crate::own::dicom;

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn only_collection(root: &Path) -> Collection {
    let recognised = recognise(root).unwrap();
    assert_eq!(recognised.sources.len(), 1, "{:?}", recognised.near_misses);
    recognised.sources[0].read().unwrap()
}

/// Films by patient and class.
fn said(collection: &Collection) -> BTreeMap<(String, String), usize> {
    let mut said = BTreeMap::new();
    for record in &collection.records {
        let patient = record.patient.as_ref().map_or("none", |patient| patient.name()).to_owned();
        let class = record.class().map_or("none", |class| class.as_str()).to_owned();
        *said.entry((patient, class)).or_insert(0) += 1;
    }
    said
}

fn expected(rows: &[(&str, &str, usize)]) -> BTreeMap<(String, String), usize> {
    rows.iter()
        .map(|(patient, class, films)| (((*patient).to_owned(), (*class).to_owned()), *films))
        .collect()
}

/// The disc that a PACS writes: DICOMDIR, a viewer, films without extensions; and a table of one row for each patient, whose
/// zeros a spreadsheet took.
#[test]
fn the_export_of_a_pacs_with_a_table_of_patients() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    write(root, "DICOMDIR", &dicom(&[(4, 0x1130, "CS", "EXPORT")]));
    write(root, "AUTORUN.INF", b"[autorun]\r\nopen=viewer.exe\r\n");
    write(root, "VIEWER/viewer.exe", b"MZ\0\0");
    for patient in 0..3 {
        for series in 0..2 {
            let number = format!("00{}", 700 + patient);
            let film = dicom(&[(0x08, 0x60, "CS", "DX"), (0x10, 0x20, "LO", &number)]);
            write(root, &format!("DICOM/PA{patient:06}/ST000001/SE{series:06}/IM000001"), &film);
        }
    }
    write(root, "diagnoses.csv", b"PatientID;Diagnosis\r\n700;TB\r\n701;normal\r\n702;TB\r\n");
    let collection = only_collection(root);
    let films = [("00700", "TB", 2), ("00701", "normal", 2), ("00702", "TB", 2)];
    assert_eq!(said(&collection), expected(&films));
    assert!(collection.exclusions.is_empty(), "{:?}", collection.exclusions);
    let odd: Vec<&str> = collection.notes.iter().map(|note| note.oddity.code()).collect();
    assert_eq!(odd, ["zeros-lost"]);
}

/// Two sites that number their patients from 1.
#[test]
fn two_sites_with_the_same_numbers_have_patients_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    for site in ["north", "south"] {
        let mut table = "file,patient,class\n".to_owned();
        for patient in 1..4 {
            write(place.path(), &format!("{site}/images/p{patient}.png"), b"");
            table += &format!("p{patient}.png,{patient},TB\n");
        }
        write(place.path(), &format!("{site}/films.csv"), table.as_bytes());
    }
    let sources = recognise(place.path()).unwrap().sources;
    let patients: Vec<String> = sources
        .iter()
        .flat_map(|source| source.read().unwrap().records)
        .map(|record| record.patient.unwrap().to_string())
        .collect();
    assert_eq!(patients, ["north:1", "north:2", "north:3", "south:1", "south:2", "south:3"]);
}
